// Operating controls: emergency stop, arm, service mode, and what only a simulated rack has (load, charger, time, faults of the bus).

import { amps, clock } from "./format.js";
import { byId, el, setAttr, setText } from "./dom.js";
import { say } from "./words.js";

const SPEEDS = [1, 2, 5, 10, 60];
// While a hand is on a slider, the stream does not move it.
const HANDS_OFF_MS = 1500;
const SEND_EVERY_MS = 150;

/** A slider whose value goes out while it is dragged, but not more often than the program wants. */
class Slider {
  constructor(name, key, send) {
    this.input = byId(name);
    this.asked = byId(`${name}-asked`);
    this.served = byId(`${name}-served`);
    this.touched = -Infinity;
    this.timer = null;
    this.key = key;
    this.send = send;
    this.input.addEventListener("input", () => {
      this.touched = performance.now();
      this.label(Number(this.input.value));
      this.timer ??= setTimeout(() => this.flush(), SEND_EVERY_MS);
    });
  }

  flush() {
    this.timer = null;
    this.touched = performance.now();
    this.send({ [this.key]: Number(this.input.value) });
  }

  label(milliamps) {
    setText(this.asked, amps(milliamps));
    setAttr(this.input, "aria-valuetext", amps(milliamps));
  }

  update(asked, most, served) {
    setText(this.served, amps(served));
    setAttr(this.input, "max", most);
    if (this.timer !== null || performance.now() - this.touched < HANDS_OFF_MS) return;
    if (Number(this.input.value) !== asked) this.input.value = String(asked);
    this.label(asked);
  }
}

export class Controls {
  /** `send(path, body, words)` posts and tells the operator what became of it; without words only a refusal is told. */
  constructor(send) {
    this.box = byId("simulation");
    this.pause = byId("pause");
    this.paused = false;
    const sim = (body, words) => send("api/v1/sim", body, words);
    this.sliders = {
      load: new Slider("load", "load_ma", sim),
      charger: new Slider("charger", "charger_ma", sim),
    };

    byId("estop").addEventListener("click", async () => {
      const problem = await send("api/v1/command", { estop: true }, say("Emergency stop"));
      if (problem !== null) send.alarm(say("EMERGENCY STOP NOT CONFIRMED. Use the hardware switch. {0}", problem));
    });
    this.arm = byId("arm");
    this.arm.addEventListener("click", () => send("api/v1/command", { arm: true }, say("Arm the rack")));
    this.service = byId("service");
    this.serviced = false;
    this.service.addEventListener("click", () => {
      send("api/v1/command", { service: !this.serviced }, say(this.serviced ? "Leave the service mode" : "Enter the service mode"));
    });
    this.pause.addEventListener("click", () => sim({ paused: !this.paused }, say(this.paused ? "Simulation goes on" : "Simulation paused")));

    this.speeds = SPEEDS.map((speed) => {
      const button = el("button", {
        type: "button", "data-speed": speed, "aria-pressed": "false", text: `${speed}×`,
        on: { click: () => sim({ speed }, say("Speed {0}×", speed)) },
      });
      byId("speeds").append(button);
      return button;
    });

    this.short = document.querySelector('button[data-fault="short"]');
    this.short.addEventListener("click", () => sim({ fault: { pack: null, kind: "short" } }, say("Simulated fault: short on the bus")));
    document.querySelector('button[data-repair="bus"]')
      .addEventListener("click", () => sim({ repair: { pack: null } }, say("Repaired: the bus")));
  }

  update(state) {
    setAttr(this.arm, "data-needed", state.system === "safe_off" ? "" : null);
    this.serviced = state.service;
    setAttr(this.service, "aria-pressed", state.service);
    byId("service-hint").hidden = !state.service;
    const { sim } = state;
    this.box.hidden = sim === null;
    if (sim === null) return;
    this.sliders.load.update(sim.load_ma, sim.load_max_ma, sim.load_served_ma);
    this.sliders.charger.update(sim.charger_ma, sim.charger_max_ma, sim.charger_served_ma);
    this.paused = sim.paused;
    setText(this.pause, say(sim.paused ? "Continue" : "Pause"));
    setAttr(this.pause, "aria-pressed", sim.paused);
    setText(byId("sim-time"), sim.paused ? say("{0} (paused)", clock(sim.time_ms)) : clock(sim.time_ms));
    for (const button of this.speeds) {
      setAttr(button, "aria-label", say("{0} times real time", button.dataset.speed));
      setAttr(button, "aria-pressed", Number(button.dataset.speed) === sim.speed);
    }
    const shorted = state.packs.some((pack) => (pack.sim_faults ?? []).includes("short"));
    setAttr(this.short, "aria-pressed", shorted);
  }
}
