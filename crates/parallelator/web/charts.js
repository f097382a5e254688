// Voltages and currents over time, one line for each pack, drawn by uPlot.

import { amps, clock, volts } from "./format.js";
import { byId, el, setAttr, setText, svg } from "./dom.js";
import { number, say } from "./words.js";

const ROWS = 900;
const STEP_S = 1;
// Eight hues that stay apart for the common kinds of colour blindness; with four dash patterns they name 32 packs.
const HUES = {
  light: ["#0063a8", "#c44e00", "#00795a", "#a83a7e", "#7a6200", "#2b8fc9", "#5f3dc4", "#7c4a1e"],
  dark: ["#6bb8f0", "#f0944d", "#3fc79c", "#e79ac6", "#e6d450", "#9fd3ff", "#b8a5ff", "#d3a27a"],
};
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const scaled = (value) => (value === null || value === undefined ? null : value / 1000);

/** The two charts and the list of lines that both share. */
export class Charts {
  constructor({ voltage, current, legend, time }) {
    this.hosts = { voltage, current };
    this.legend = legend;
    this.time = time;
    this.labels = [];
    this.shown = [];
    this.plots = [];
    this.cursor = null;
    this.reset(0);
    dark.addEventListener("change", () => this.labels.length > 0 && this.build());
    new ResizeObserver(() => this.resize()).observe(voltage);
    byId("series-all").addEventListener("click", () => this.show(() => true));
    byId("series-none").addEventListener("click", () => this.show(() => false));
  }

  reset(count) {
    this.t = [];
    this.bus = [];
    this.v = Array.from({ length: count }, () => []);
    this.i = Array.from({ length: count }, () => []);
  }

  /** Replaces everything by the rows the program has kept. */
  load(rows) {
    const count = this.labels.length;
    if (!Array.isArray(rows?.t_s) || rows.packs?.length !== count) return;
    this.reset(count);
    this.t = rows.t_s.slice(-ROWS);
    const take = (column) => column.slice(-ROWS).map(scaled);
    this.bus = take(rows.bus_mv);
    rows.packs.forEach((pack, k) => {
      this.v[k] = take(pack.voltage_mv);
      this.i[k] = take(pack.current_ma);
    });
    this.draw();
  }

  update(state) {
    this.state = state;
    const labels = state.packs.map((pack) => pack.label);
    if (labels.join("\n") !== this.labels.join("\n")) {
      this.labels = labels;
      this.shown = [true, ...labels.map(() => true)];
      this.reset(labels.length);
      this.build();
    }
    this.append(state);
    this.values();
  }

  append(state) {
    const now = state.now_ms / 1000;
    const last = this.t.at(-1);
    // The program started again: its time, and so its rows, are others.
    if (last !== undefined && now < last - STEP_S) this.reset(this.labels.length);
    if (this.t.length > 0 && now < this.t.at(-1) + STEP_S) return;
    this.t.push(now);
    this.bus.push(scaled(state.bus.voltage_mv));
    state.packs.forEach((pack, k) => {
      this.v[k].push(scaled(pack.voltage_mv));
      this.i[k].push(scaled(pack.current_ma));
    });
    if (this.t.length > ROWS) for (const column of [this.t, this.bus, ...this.v, ...this.i]) column.shift();
    this.draw();
  }

  draw() {
    if (this.plots.length === 0) return;
    this.plots[0].setData([this.t, this.bus, ...this.v]);
    this.plots[1].setData([this.t, this.t.map(() => null), ...this.i]);
  }

  line(k) {
    // Line 0 is the bus, the others are the packs.
    if (k === 0) return { stroke: getComputedStyle(document.body).getPropertyValue("--ink").trim(), width: 2.5, dash: [] };
    const hues = dark.matches ? HUES.dark : HUES.light;
    return { stroke: hues[(k - 1) % hues.length], width: 1.6, dash: DASHES[Math.floor((k - 1) / hues.length) % DASHES.length] };
  }

  build() {
    for (const plot of this.plots) plot.destroy();
    const style = getComputedStyle(document.body);
    const ink = style.getPropertyValue("--muted").trim();
    const grid = { stroke: style.getPropertyValue("--grid").trim(), width: 1 };
    const names = [say("Bus"), ...this.labels];
    const make = (host, least) => new window.uPlot({
      width: Math.max(200, host.clientWidth), height: 200, legend: { show: false },
      scales: {
        x: { time: false },
        // A calm rack must not look wild: the scale never zooms closer than `least`.
        y: { range: (_, low, high) => widen(low, high, least) },
      },
      cursor: { drag: { x: false, y: false }, sync: { key: "rack" }, points: { size: 5 } },
      axes: [
        { stroke: ink, grid, ticks: grid, incrs: TIME_STEPS, values: (_, ticks) => ticks.map((s) => clock(s * 1000)), space: 70 },
        { stroke: ink, grid, ticks: grid, size: 52, values: (_u, ticks, _axis, _space, step) => ticks.map((y) => number(y.toFixed(decimals(step)).replace("-", "\u2212"))) },
      ],
      series: [{}, ...names.map((label, k) => ({ label, show: this.shown[k], points: { show: false }, ...this.line(k) }))],
      hooks: { setCursor: [(plot) => this.point(plot.cursor.idx ?? null)] },
    }, [[], ...names.map(() => [])], host);
    this.plots = [make(this.hosts.voltage, 0.5), make(this.hosts.current, 4)];
    this.buttons = names.map((name, k) => this.button(name, k));
    this.legend.replaceChildren(...this.buttons.map((one) => one.root));
    this.draw();
  }

  button(name, k) {
    const { stroke, width, dash } = this.line(k);
    const swatch = svg("svg", { viewBox: "0 0 28 8", class: "swatch", "aria-hidden": "true" },
      svg("line", { x1: 0, y1: 4, x2: 28, y2: 4, stroke, "stroke-width": width + 0.8, "stroke-dasharray": dash.length > 0 ? dash.join(" ") : null }));
    const numbers = el("span", { class: "numbers" });
    const root = el("button", { type: "button", class: "series", "aria-pressed": String(this.shown[k]), on: { click: () => this.toggle(k) } },
      swatch, el("span", { class: "series-name", text: name }), numbers);
    return { root, numbers };
  }

  toggle(k) {
    this.show((j) => (j === k ? !this.shown[j] : this.shown[j]));
  }

  show(rule) {
    this.shown = this.shown.map((_, k) => rule(k));
    this.shown.forEach((show, k) => {
      setAttr(this.buttons[k].root, "aria-pressed", show);
      for (const plot of this.plots) plot.setSeries(k + 1, { show });
    });
  }

  point(row) {
    if (row === this.cursor) return;
    this.cursor = row;
    this.values();
  }

  values() {
    if (!this.state) return;
    const row = this.cursor;
    const back = (column) => (column[row] === null || column[row] === undefined ? null : column[row] * 1000);
    const at = row !== null && this.t[row] !== undefined;
    setText(this.time, at ? say("Values at {0}", clock(this.t[row] * 1000)) : say("Latest values"));
    setText(this.buttons[0].numbers, volts(at ? back(this.bus) : this.state.bus.voltage_mv));
    this.state.packs.forEach((pack, k) => {
      const [u, i] = at ? [back(this.v[k]), back(this.i[k])] : [pack.voltage_mv, pack.current_ma];
      setText(this.buttons[k + 1].numbers, `${volts(u)}  ${amps(i, true)}`);
    });
  }

  resize() {
    for (const plot of this.plots) {
      const width = Math.max(200, plot.root.parentNode.clientWidth);
      if (width !== plot.width) plot.setSize({ width, height: plot.height });
    }
  }
}

function widen(low, high, least) {
  if (low === null || high === null) return [0, least];
  const missing = Math.max(0, least - (high - low)) / 2;
  const room = Math.max(least, high - low) * 0.06;
  return [low - missing - room, high + missing + room];
}

// As many decimals as the step of the axis needs: a step of 2.5 must not be labelled as 3.
function decimals(step) {
  for (let digits = 0; digits < 3; digits += 1) {
    if (Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6) return digits;
  }
  return 3;
}
