// The list of events, newest first.

import { clock } from "./format.js";
import { el } from "./dom.js";

const KEPT = 200;
const LOUD = new Set(["fault", "latched", "stuck_closed", "estop", "safe_off", "events_lost", "config_rejected", "command_refused"]);

export class Events {
  constructor(list) {
    this.list = list;
    this.newest = -1;
    this.watching = false;
  }

  /** Takes the events of a state; answers those that happened while the page looked on. */
  update(events) {
    // Numbers that fall back mean that the program started again.
    if ((events.at(-1)?.seq ?? -1) < this.newest) this.clear();
    const watched = this.watching;
    this.watching = true;
    const added = events.filter((event) => event.seq > this.newest);
    for (const event of added) {
      this.newest = event.seq;
      this.list.prepend(el("li", {
        "data-seq": event.seq, "data-ms": event.now_ms, "data-of": event.pack, "data-kind": event.kind, "data-loud": LOUD.has(event.kind),
      },
        el("span", { class: "when", text: clock(event.now_ms) }),
        el("span", { class: "kind", text: event.kind_text }),
        el("span", { class: "what", text: event.text })));
    }
    while (this.list.children.length > KEPT) this.list.lastChild.remove();
    return watched ? added : [];
  }

  clear() {
    this.list.replaceChildren();
    this.newest = -1;
    this.watching = false;
  }
}
