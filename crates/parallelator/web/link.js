// The two ways to the program: the stream of states, and commands.

import { say } from "./words.js";

const SILENT_MS = 2000;
const STANDING_MS = 3000;
const REOPEN_MS = 2500;
const ANSWER_MS = 4000;

// Either clock may stand still while the computer sleeps; the larger difference is the honest one.
const mark = () => ({ steady: performance.now(), wall: Date.now() });
const since = (then) => Math.max(performance.now() - then.steady, Date.now() - then.wall);

/**
 * Follows the stream and says how old the values are.
 *
 * `onState(state)` is called for each state, `onLink(condition, seconds)` twice a second with "live", "lost"
 * (nothing arrives) or "standing" (states arrive, but the time in them does not advance), and
 * `onReturn()` when values come back after a gap.
 */
export class Link {
  constructor(url, { onState, onLink, onReturn }) {
    this.url = url;
    this.onState = onState;
    this.onLink = onLink;
    this.onReturn = onReturn;
    this.seen = false;
    this.broken = false;
    this.lastTime = null;
    this.arrived = mark();
    this.advanced = mark();
    this.opened = mark();
    this.open();
    setInterval(() => this.check(), 500);
  }

  open() {
    this.source?.close();
    this.opened = mark();
    this.source = new EventSource(this.url);
    this.source.addEventListener("state", (event) => this.take(event.data));
  }

  take(data) {
    const state = JSON.parse(data);
    // What could not be drawn does not count as arrived: the page would show old values as new ones.
    this.onState(state);
    this.arrived = mark();
    // A paused simulation stands still by right; a real rack never does.
    if (state.now_ms !== this.lastTime || state.sim?.paused) this.advanced = mark();
    this.lastTime = state.now_ms;
    const back = this.broken;
    this.seen = true;
    this.broken = false;
    if (back) this.onReturn();
    this.check();
  }

  check() {
    const silent = since(this.arrived);
    const standing = since(this.advanced);
    const seconds = this.seen ? Math.floor(Math.max(silent, standing) / 1000) : null;
    if (silent > SILENT_MS) {
      this.broken = true;
      // The browser reconnects by itself after a break, but not after a refusal, nor on a line that died without a word.
      const refused = this.source.readyState === EventSource.CLOSED;
      if (since(this.opened) > (refused ? REOPEN_MS : 4 * REOPEN_MS)) this.open();
      this.onLink("lost", seconds);
    } else if (!this.seen) {
      this.onLink("connecting", null);
    } else if (standing > STANDING_MS) {
      this.onLink("standing", seconds);
    } else {
      this.onLink("live", seconds);
    }
  }
}

// What a page may meet without a mistake of its own; anything else is said by the program.
const REFUSED = {
  429: "too many commands are waiting, try again in a moment",
  503: "the rack is still starting, try again in a moment",
};

/** Sends one command; answers null when accepted, else a sentence that says why not. */
export async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.ok) return null;
    const said = await answer.json().catch(() => null);
    const usual = REFUSED[answer.status];
    if (usual !== undefined) return say(usual);
    return typeof said?.error === "string" ? said.error : say("The program refused it (HTTP {0}).", answer.status);
  } catch (problem) {
    return problem?.name === "TimeoutError"
      ? say("The program did not answer in time; it is not known whether the command arrived.")
      : say("The program cannot be reached; the command was not delivered.");
  }
}

/** The rows recorded before this page was opened; null when they cannot be had. */
export async function history() {
  try {
    const answer = await fetch("api/v1/history", { cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
