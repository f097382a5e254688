// The page: takes each state from the stream and gives it to the parts that draw it. It prints, and computes nothing:
// every reason and every number was decided by the program.

import { amps, systemTone, volts } from "./format.js";
import { byId, setAttr, setText, setTone } from "./dom.js";
import { history, Link, post } from "./link.js";
import { Charts } from "./charts.js";
import { Controls } from "./controls.js";
import { Diagram } from "./diagram.js";
import { Events } from "./events.js";
import { Packs, verdict } from "./packs.js";
import { say, speak } from "./words.js";

const NOTICE_MS = 5000;
// From this many packs on, the diagram has several rows.
const TALL = 12;
let noticeTimer = null;
let refusals = 0;

function notice(text, loud) {
  clearTimeout(noticeTimer);
  const box = byId("notice");
  setAttr(box, "data-loud", loud ? "" : null);
  // A refusal must interrupt a screen reader, an acknowledgement must not.
  setAttr(box, "role", loud ? "alert" : "status");
  box.hidden = false;
  setText(byId("notice-text"), text);
  // A refusal stays until it was read.
  if (!loud) noticeTimer = setTimeout(hideNotice, NOTICE_MS);
}

function hideNotice() {
  byId("notice").hidden = true;
}

async function send(path, body, words) {
  const before = refusals;
  const problem = await post(path, body);
  if (problem !== null) notice(words ? say("{0}: refused. {1}", words, problem) : problem, true);
  // The core may have refused it already, and that stays to be read.
  else if (words && refusals === before) notice(say("{0}: accepted.", words), false);
  return problem;
}
send.alarm = (text) => notice(text, true);

function permit(node, name, allowed) {
  setText(node, say(allowed ? `${name} permitted` : `${name} not permitted`));
  setAttr(node, "data-permit", allowed ? "yes" : "no");
}

function overview(state) {
  setText(byId("title"), state.title);
  setText(byId("mode"), say(state.sim === null ? "Real rack" : "Simulated rack, no real current flows"));
  setAttr(byId("mode"), "data-simulated", state.sim === null ? null : "");
  const system = byId("system");
  setAttr(system, "data-system", state.system);
  setTone(system, systemTone(state.system));
  setText(byId("system-text"), state.system_text);
  setText(byId("bus-voltage"), volts(state.bus.voltage_mv));
  setText(byId("bus-current"), amps(state.bus.current_ma, true));
  setText(byId("dcl"), amps(state.dcl_ma));
  setText(byId("ccl"), amps(state.ccl_ma));
  setText(byId("cvl"), volts(state.cvl_mv));
  permit(byId("load-permit"), "load", state.load_permit);
  permit(byId("charge-permit"), "charge", state.charge_permit);
  setText(byId("circulating-limit"), amps(state.limits.i_circ_max_ma));
  setText(byId("difference-limit"), volts(state.limits.dv_max_mv));
  setAttr(document.body, "data-layout", state.sim === null || state.packs.length > TALL ? "tall" : "flat");
  setText(byId("version"), `Parallelator ${state.version}, ${state.mode}`);
}

/** What was accepted may still be refused by the core: the operator must not have to look for it among the events. */
function tellRefusals(events) {
  for (const event of events.filter((one) => one.kind === "command_refused")) {
    refusals += 1;
    notice(event.text, true);
  }
}

const LINK_TEXT = {
  connecting: "Connecting to the program …",
  lost: "Connection lost",
  standing: "The program answers, but its loop stands still",
};

function link(condition, seconds) {
  setAttr(document.body, "data-link", condition);
  const banner = byId("banner");
  banner.hidden = condition === "live";
  if (condition === "live") return;
  // Two parts: the sentence is announced once, the age that counts up beside it is not.
  setText(byId("banner-text"), say(LINK_TEXT[condition]) + (seconds === null ? "" : ","));
  const retry = condition === "lost" ? ` ${say("Trying to reconnect …")}` : "";
  setText(byId("banner-age"), (seconds === null ? "" : say("values are {0} s old.", seconds)) + retry);
}

const diagram = new Diagram(byId("diagram"));
const packs = new Packs(byId("pack-list"), send);
const controls = new Controls(send);
const events = new Events(byId("event-list"));
const charts = new Charts({ voltage: byId("chart-voltage"), current: byId("chart-current"), legend: byId("legend"), time: byId("legend-time") });

let started = false;

async function loadHistory() {
  charts.load(await history());
}

function show(state) {
  speak(state.language);
  overview(state);
  const connected = verdict(state);
  document.title = `${say("{0}/{1} connected", connected, state.packs.length)} · ${state.title}`;
  diagram.update(state);
  packs.update(state);
  controls.update(state);
  tellRefusals(events.update(state.events));
  charts.update(state);
  if (!started) {
    started = true;
    loadHistory();
  }
}

byId("notice-close").addEventListener("click", hideNotice);
new Link("api/v1/stream", { onState: show, onLink: link, onReturn: loadHistory });
