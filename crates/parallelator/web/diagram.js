// The rack as a one-line diagram: bus bar, and under it per pack a switch and a battery; charger and load above the bus.
//
// The drawing wraps: a rack too wide for the box continues on a further bus bar, joined by a riser on the left.

import { amps, bladeOf, toneOf, volts } from "./format.js";
import { setAttr, setText, svg, toneIcon } from "./dom.js";
import { say } from "./words.js";

const TOP = { wide: 118, narrow: 140 };   // room above the first bus bar
const ROW = 216;                          // bus bar to bus bar
const COLUMN = { narrow: 68, least: 78, wanted: 92, most: 150 };
const NARROW = 480;
const FEED = 140;                         // a feed and the words beside it
const ZOOM = 1.3;
const MARGIN = 10;
const RISER = 20;                         // extra margin on the left when there is more than one row
const SWITCH = { top: 18, bottom: 48 };
const ARROW_Y = 74;
const BATTERY_Y = 100;
const SMALL_MA = 50;                      // below this a current has no arrow

/** Corners of an arrow on a vertical wire, centred on y; `ratio` 0..1 sets its size. */
function arrow(y, down, ratio) {
  const length = 18 + 22 * ratio;
  const shaft = 1.6 + 3 * ratio;
  const head = shaft + 3.6;
  const headLength = 8 + 4 * ratio;
  const sign = down ? 1 : -1;
  const tail = y - (sign * length) / 2;
  const neck = y + sign * (length / 2 - headLength);
  const tip = y + (sign * length) / 2;
  return [[-shaft, tail], [-shaft, neck], [-head, neck], [0, tip], [head, neck], [shaft, neck], [shaft, tail]]
    .map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ");
}

const line = (x1, y1, x2, y2, kind = "wire") => svg("line", { x1, y1, x2, y2, class: kind });
const words = (x, y, kind, anchor = "middle") => svg("text", { x, y, class: kind, "text-anchor": anchor });

export class Diagram {
  constructor(host) {
    this.host = host;
    this.plan = "";
    this.state = null;
    new ResizeObserver(() => this.state && this.update(this.state)).observe(host);
  }

  update(state) {
    this.state = state;
    const width = Math.floor(this.host.clientWidth);
    if (width < 60) return;
    const plan = JSON.stringify([width, state.sim !== null, state.packs.map((pack) => pack.label)]);
    if (plan !== this.plan) {
      this.plan = plan;
      this.build(state, width);
    }
    this.paint(state);
  }

  build(state, space) {
    const count = state.packs.length;
    // Few packs in a wide box are drawn larger, so that they can be read from a distance.
    const zoom = Math.max(1, Math.min(ZOOM, space / (count * COLUMN.wanted + 2 * MARGIN)));
    const width = Math.floor(space / zoom);
    const narrow = width < NARROW;
    const wanted = narrow ? COLUMN.narrow : COLUMN.least;
    const top = narrow ? TOP.narrow : TOP.wide;
    const fits = (margin) => Math.max(1, Math.floor((width - margin - MARGIN) / wanted));
    const single = fits(MARGIN) >= count;
    const left = MARGIN + (single ? 0 : RISER);
    const rows = Math.max(1, Math.ceil(count / fits(left)));
    // Equal rows look like one rack; a last row with a single pack looks like an accident.
    const perRow = Math.max(1, Math.ceil(count / rows));
    const column = Math.min(COLUMN.most, (width - left - MARGIN) / perRow);
    const right = Math.max(left + column * perRow, Math.min(width - MARGIN, 440));
    const height = top + rows * ROW - 8;

    const drawing = svg("svg", {
      viewBox: `0 0 ${width} ${height}`, width: space, height: Math.round(height * zoom), class: "one-line", role: "group",
      "aria-label": say("One-line diagram: charger, load and {0} packs on one bus", count),
    });
    for (let row = 0; row < rows; row += 1) {
      drawing.append(line(rows > 1 ? MARGIN : left, top + row * ROW, right, top + row * ROW, "bus"));
    }
    if (rows > 1) drawing.append(line(MARGIN, top, MARGIN, top + (rows - 1) * ROW, "bus"));

    // A narrow drawing has no room for the bus voltage beside the feeds: it stands above them.
    const busName = words(MARGIN, narrow ? 16 : top - 30, "d-label", "start");
    busName.textContent = say("Bus");
    this.busText = words(narrow ? MARGIN + 28 : MARGIN, narrow ? 16 : top - 14, "d-strong", "start");
    drawing.append(busName, this.busText);

    // Feeds meet the bus between two packs, so that no line seems to run through to a pack.
    const between = (share) => left + column * Math.max(1, Math.round((share * (right - left)) / column));
    const first = narrow ? 30 : between(0.25);
    const second = narrow ? width * 0.56 : Math.max(between(0.6), first + column * Math.ceil(FEED / column));
    this.feeds = state.sim === null
      ? [this.feed(drawing, narrow ? first : between(0.4), top, say("Load and charger"), "both")]
      : [this.feed(drawing, first, top, say("Charger"), "charger"), this.feed(drawing, second, top, say("Load"), "load")];
    this.columns = state.packs.map((pack, i) => {
      const x = left + column * ((i % perRow) + 0.5);
      return this.column(drawing, x, top + Math.floor(i / perRow) * ROW, column, pack);
    });
    this.host.replaceChildren(drawing);
  }

  feed(drawing, x, y, name, kind) {
    const group = svg("g", { transform: `translate(${x.toFixed(1)} ${y})`, class: "feed", role: "img" });
    const symbol = svg("g", { class: "symbol" }, svg("rect", { x: -15, y: -106, width: 30, height: 30, class: "box" }));
    if (kind === "charger") {
      // Rectifier: alternating current in, direct current out.
      symbol.append(line(-15, -76, 15, -106), svg("path", { d: "M-11 -98q2.5 -5 5 0t5 0", class: "wire thin" }),
        line(2, -85, 11, -85, "wire thin"), line(2, -81, 11, -81, "wire thin"));
    } else if (kind === "load") {
      symbol.append(svg("path", { d: "M-8 -91h4l2 -6l4 12l2 -6h4", class: "wire thin" }));
    }
    const parts = {
      group, kind, name,
      arrow: svg("polygon", { class: "flow" }),
      amount: words(22, -84, "d-strong", "start"),
      note: words(22, -69, "d-label", "start"),
    };
    const title = words(22, -100, "d-label", "start");
    title.textContent = name;
    group.append(symbol, line(0, -76, 0, 0), svg("circle", { r: 4.5, class: "node" }), parts.arrow, title, parts.amount, parts.note);
    drawing.append(group);
    return parts;
  }

  column(drawing, x, y, width, pack) {
    const group = svg("g", { transform: `translate(${x.toFixed(1)} ${y})`, class: "slot", role: "img", "data-slot": pack.index });
    const half = Math.min(width, 104) / 2 - 2;
    const parts = {
      group,
      title: svg("title"),
      arrow: svg("polygon", { class: "flow" }),
      icon: toneIcon("off"),
      name: words(0, 142, "d-label strong"),
      voltage: words(0, 158, "d-number"),
      current: words(0, 174, "d-number"),
      state: words(0, 190, "d-state"),
    };
    const place = { x: half - 23, y: ARROW_Y - 16, width: 19, height: 19 };
    for (const [name, value] of Object.entries(place)) setAttr(parts.icon, name, value);
    const battery = svg("g", { transform: `translate(0 ${BATTERY_Y})`, class: "battery" },
      line(-14, 0, 14, 0, "plate"), line(-7, 6, 7, 6, "plate short"), line(0, 6, 0, 14, "wire dashed"),
      line(-14, 14, 14, 14, "plate"), line(-7, 20, 7, 20, "plate short"));
    group.append(
      parts.title,
      svg("rect", { x: -half, y: 8, width: 2 * half, height: 190, rx: 6, class: "frame" }),
      line(0, 0, 0, SWITCH.top), line(0, SWITCH.bottom, 0, BATTERY_Y),
      svg("circle", { r: 4.5, class: "node" }),
      svg("circle", { cy: SWITCH.top, r: 3, class: "contact" }),
      svg("g", { transform: `translate(0 ${SWITCH.bottom})` }, line(0, 0, 0, SWITCH.top - SWITCH.bottom, "blade")),
      svg("circle", { cy: SWITCH.bottom, r: 3, class: "contact" }),
      // Only seen while pre-charging: the resistor past the open switch.
      svg("g", { class: "precharge" }, svg("path", { d: `M0 12h-18v8M-18 46v8H0`, class: "wire" }),
        svg("rect", { x: -22, y: 20, width: 8, height: 26, class: "box" })),
      battery, parts.arrow, parts.icon, parts.name, parts.voltage, parts.current, parts.state,
    );
    group.addEventListener("click", () => document.getElementById(`pack-${pack.index}`)?.scrollIntoView({ block: "center" }));
    drawing.append(group);
    return parts;
  }

  paint(state) {
    setText(this.busText, volts(state.bus.voltage_mv));
    for (const feed of this.feeds) this.paintFeed(feed, state);
    state.packs.forEach((pack, i) => this.paintColumn(this.columns[i], pack));
  }

  paintFeed(feed, { sim, bus, packs, load_permit: load, charge_permit: charge }) {
    const permit = (kind, permitted) => say(permitted ? `${kind} permitted` : `${kind} not permitted`);
    let flow;
    let most;
    let note;
    if (feed.kind === "both") {
      [flow, most, note] = [bus.current_ma, packs.reduce((sum, pack) => sum + (pack.i_dis_max_ma ?? 0), 0), `${permit("load", load)}, ${permit("charge", charge)}`];
    } else if (feed.kind === "load") {
      [flow, most, note] = [sim.load_served_ma === null ? null : -sim.load_served_ma, sim.load_max_ma, say(load ? "permitted" : "not permitted")];
    } else {
      [flow, most, note] = [sim.charger_served_ma, sim.charger_max_ma, say(charge ? "permitted" : "not permitted")];
    }
    this.paintArrow(feed.arrow, -34, flow, most);
    const amount = feed.kind === "both" ? amps(flow, true) : amps(flow === null ? null : Math.abs(flow));
    setText(feed.amount, amount);
    setText(feed.note, note);
    setAttr(feed.group, "aria-label", `${feed.name}: ${amount}, ${note}`);
  }

  paintColumn(parts, pack) {
    const tone = toneOf(pack.state);
    const blade = bladeOf(pack.state);
    setAttr(parts.group, "data-tone", tone);
    setAttr(parts.group, "data-blade", blade);
    setAttr(parts.group, "data-slot-state", pack.state);
    setAttr(parts.icon.firstChild, "href", `#tone-${tone}`);
    const most = pack.current_ma !== null && pack.current_ma > 0 ? pack.i_chg_max_ma : pack.i_dis_max_ma;
    this.paintArrow(parts.arrow, ARROW_Y, pack.current_ma, most);
    setText(parts.name, pack.label);
    setText(parts.voltage, volts(pack.voltage_mv));
    setText(parts.current, amps(pack.current_ma, true));
    setText(parts.state, pack.state_text);
    setText(parts.title, `${pack.label}: ${pack.text}`);
    const current = pack.current_ma === null ? say("current not measured") : amps(pack.current_ma, true);
    setAttr(parts.group, "aria-label", `${pack.label}: ${say(`switch ${blade}`)}, ${volts(pack.voltage_mv)}, ${current}, ${pack.state_text}. ${pack.text}`);
  }

  // Into the pack and away from the bus is down, on both sides of the bar: a load draws upwards, a charger feeds downwards.
  paintArrow(node, y, milliamps, most) {
    if (milliamps === null || Math.abs(milliamps) < SMALL_MA) {
      setAttr(node, "points", "");
      return;
    }
    const ratio = Math.min(1, Math.abs(milliamps) / Math.max(1, most ?? 1));
    setAttr(node, "points", arrow(y, milliamps > 0, ratio));
    setAttr(node, "data-flow", milliamps > 0 ? "charge" : "discharge");
  }
}
