// The list of events, newest first.

import { clock } from "./format.js";
import { el } from "./dom.js";

const KEPT = 200;
const LOUD = new Set(["fault", "latched", "stuck_closed", "estop", "safe_off", "events_lost", "config_rejected"]);

export class Events {
  constructor(list) {
    this.list = list;
    this.newest = -1;
  }

  update(events) {
    // Numbers that fall back mean that the program started again.
    if ((events.at(-1)?.seq ?? -1) < this.newest) this.clear();
    for (const event of events) {
      if (event.seq <= this.newest) continue;
      this.newest = event.seq;
      this.list.prepend(el("li", {
        "data-seq": event.seq, "data-ms": event.now_ms, "data-of": event.pack, "data-kind": event.kind, "data-loud": LOUD.has(event.kind),
      },
        el("span", { class: "when", text: clock(event.now_ms) }),
        el("span", { class: "kind", text: event.kind_text }),
        el("span", { class: "what", text: event.text })));
    }
    while (this.list.children.length > KEPT) this.list.lastChild.remove();
  }

  clear() {
    this.list.replaceChildren();
    this.newest = -1;
  }
}
