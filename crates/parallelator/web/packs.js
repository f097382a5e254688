// One card for each pack, and above them the short answer: who is out, and why.

import { age, amps, celsius, NONE, toneOf, volts, wait } from "./format.js";
import { byId, el, setAttr, setText, setTone, toneIcon } from "./dom.js";
import { say } from "./words.js";

const FAULTS = [
  ["over_voltage", "Over-voltage"],
  ["dead_sensor", "Dead sensor"],
  ["stuck_switch", "Stuck switch"],
  ["lost_write", "Lost write"],
];
// More cards than this, or a small screen, and the details start folded away.
const UNFOLDED = 8;
const narrow = window.matchMedia("(max-width: 560px)");
const NAMED = 6;

/** The list of packs that are not connected, worst first; packs with the same reason share a line. */
export function verdict(state) {
  const out = state.packs.filter((pack) => toneOf(pack.state) !== "in");
  const connected = state.packs.length - out.length;
  const worst = out.some((pack) => toneOf(pack.state) === "out") || state.system === "safe_off" ? "out" : out.length > 0 ? "wait" : "in";
  const head = byId("verdict-head");
  setTone(head, worst);
  setAttr(byId("verdict"), "data-tone", worst);
  const count = state.packs.length;
  const all = out.length === 0 && count > 1;
  setText(byId("verdict-text"), say(all ? "All {1} packs connected" : count === 1 ? "{0} of {1} pack connected" : "{0} of {1} packs connected", connected, count));

  const groups = new Map();
  for (const tone of ["out", "wait", "off"]) {
    for (const pack of out.filter((one) => toneOf(one.state) === tone)) {
      // A countdown in the text differs from pack to pack; those stand alone.
      const key = `${pack.state} ${pack.text}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(pack);
    }
  }
  const list = byId("verdict-list");
  const rows = [...groups.values()];
  while (list.children.length > rows.length) list.lastChild.remove();
  while (list.children.length < rows.length) {
    list.append(el("li", {}, toneIcon("off"),
      el("p", {}, el("a", { class: "who" }), " ", el("span", { class: "state-word" }), " ", el("span", { class: "why" }))));
  }
  rows.forEach((packs, i) => {
    const row = list.children[i];
    const names = packs.slice(0, NAMED).map((pack) => pack.label).join(", ");
    setTone(row, toneOf(packs[0].state));
    const who = row.querySelector(".who");
    setText(who, packs.length > NAMED ? say("{0} and {1} more", names, packs.length - NAMED) : names);
    setAttr(who, "href", `#pack-${packs[0].index}`);
    setText(row.querySelector(".state-word"), packs[0].state_text);
    setText(row.querySelector(".why"), packs[0].text);
  });
  return connected;
}

/** The cards. `send(path, body, words)` posts a command and tells the operator what became of it. */
export class Packs {
  constructor(host, send) {
    this.host = host;
    this.send = send;
    this.cards = [];
    this.plan = "";
  }

  update(state) {
    const plan = JSON.stringify([state.sim !== null, state.packs.map((pack) => pack.label)]);
    if (plan !== this.plan) {
      this.plan = plan;
      this.cards = state.packs.map((pack) => this.card(pack, state.sim !== null, state.packs.length <= UNFOLDED && !narrow.matches));
      this.host.replaceChildren(...this.cards.map((card) => card.root));
    }
    state.packs.forEach((pack, i) => this.paint(this.cards[i], pack, state.service));
  }

  card(pack, simulated, unfolded) {
    const { index, label } = pack;
    const values = {};
    const value = (name, title, kind = "") => {
      values[name] = el("dd", { "data-value": name });
      return el("div", { class: kind }, el("dt", { text: say(title) }), values[name]);
    };
    const toggle = el("button", { type: "button", "data-action": "toggle", on: { click: () => this.toggle(index) } });
    const clear = el("button", { type: "button", class: "attention", "data-action": "clear", hidden: true, text: say("Clear fault"), on: { click: () => this.clear(index) } });
    const test = el("button", {
      type: "button", "data-action": "test", hidden: true, text: say("Test"), "aria-label": say("Test {0}", label),
      on: { click: () => this.send("api/v1/command", { test: index }, say("Test {0}", label)) },
    });
    const card = {
      values, toggle, test, clear, now: pack,
      pill: el("span", { class: "pill" }),
      reason: el("p", { class: "reason" }),
      detail: el("p", { class: "detail" }),
      faults: [],
    };
    const root = el("article", { id: `pack-${index}`, class: "pack", "data-pack": index, "aria-labelledby": `pack-name-${index}`, tabindex: "-1" },
      el("header", {}, toneIcon("off"), el("h3", { id: `pack-name-${index}`, text: label }), card.pill),
      card.reason,
      el("dl", { class: "values" },
        value("voltage", "Voltage", "main"), value("current", "Current", "main"),
        value("predicted", "Predicted current"), value("difference", "To the bus"),
        value("measured", "Measured, limit"), value("wait", "Still to wait"), value("temperature", "Temperature")),
      el("div", { class: "buttons" }, toggle, test, clear),
      el("details", { class: "more", open: unfolded },
        el("summary", { text: say(simulated ? "Details and simulated faults" : "Details") }),
        card.detail,
        ...(simulated ? [this.faultButtons(card, index, label)] : [])));
    card.root = root;
    return card;
  }

  faultButtons(card, index, label) {
    const buttons = FAULTS.map(([kind, english]) => [kind, say(english)]).map(([kind, name]) => el("button", {
      type: "button", "data-fault": kind, "data-pack": index, "aria-pressed": "false", text: name, "aria-label": say("{0} on {1}", name, label),
      on: { click: () => this.send("api/v1/sim", { fault: { pack: index, kind } }, say("Simulated fault: {0} on {1}", name, label)) },
    }));
    card.faults = buttons;
    card.repair = el("button", {
      type: "button", "data-repair": index, text: say("Repair"), "aria-label": say("Repair {0}", label),
      on: { click: () => this.send("api/v1/sim", { repair: { pack: index } }, say("Repaired: {0}", label)) },
    });
    return el("div", { class: "buttons fault-buttons", role: "group", "aria-label": say("Simulated faults of {0}", label) }, ...buttons, card.repair);
  }

  paint(card, pack, serviced) {
    card.now = pack;
    setAttr(card.root, "data-state", pack.state);
    setAttr(card.root, "data-reason", pack.reason);
    setTone(card.root, toneOf(pack.state));
    setText(card.pill, pack.state_text);
    setText(card.reason, pack.text);
    setText(card.values.voltage, volts(pack.voltage_mv));
    setText(card.values.current, amps(pack.current_ma, true));
    setText(card.values.predicted, pack.predicted_ma === null ? NONE : say("{0} of {1}", amps(pack.predicted_ma), amps(pack.limit_ma)));
    setText(card.values.difference, volts(pack.difference_mv, true));
    setText(card.values.measured, pack.measured_text ?? NONE);
    setText(card.values.wait, wait(pack.eligible_in_ms));
    setAttr(card.values.wait.parentNode, "data-counting", pack.eligible_in_ms === null ? null : "");
    setText(card.values.temperature, celsius(pack.temperature_dc));
    setText(card.detail, [
      say("reading {0} old", age(pack.age_ms)), say("score {0}", pack.score ?? NONE), say("closings {0}", pack.closes ?? NONE),
      say(`commanded ${pack.command}`), say("limits {0} out, {1} in", amps(pack.i_dis_max_ma), amps(pack.i_chg_max_ma)), pack.wiring ?? NONE,
    ].join(" · "));

    const disabled = pack.state === "disabled";
    setText(card.toggle, say(disabled ? "Enable" : "Disable"));
    setAttr(card.toggle, "aria-label", say(disabled ? "Enable {0}" : "Disable {0}", pack.label));
    card.test.hidden = !serviced;
    setAttr(card.test, "disabled", pack.state === "closed" ? null : "");
    card.clear.hidden = pack.fault === null;
    if (pack.fault !== null) {
      setAttr(card.clear, "title", pack.fault_text);
      setAttr(card.clear, "aria-label", say("Clear fault of {1}: {0}", pack.fault_text, pack.label));
    }
    const active = pack.sim_faults ?? [];
    for (const button of card.faults) setAttr(button, "aria-pressed", active.includes(button.dataset.fault));
    if (card.repair) setAttr(card.repair, "data-needed", active.length > 0 ? "" : null);
  }

  toggle(index) {
    const { state, label } = this.cards[index].now;
    if (state === "disabled") this.send("api/v1/command", { enable: index }, say("Enable {0}", label));
    else this.send("api/v1/command", { disable: index }, say("Disable {0}", label));
  }

  clear(index) {
    const { fault, fault_text: words, label } = this.cards[index].now;
    // The fault may have gone between the drawing and the press; a clear must name what the operator saw.
    if (fault !== null) this.send("api/v1/command", { clear: { pack: index, fault } }, say("Clear fault of {1}: {0}", words, label));
  }
}
