// Numbers to text: units on every number, "–" for what was not measured (never 0).

import { number } from "./words.js";

export const NONE = "–";
const MINUS = "\u2212";

const measured = (value) => typeof value === "number" && Number.isFinite(value);

function fixed(value, digits, signed) {
  const text = Math.abs(value).toFixed(digits);
  // A rounded zero has no direction, so it carries no sign.
  if (Number(text) === 0) return text;
  if (value < 0) return MINUS + text;
  return signed ? `+${text}` : text;
}

/** Millivolts as volts with two decimals. */
export function volts(millivolts, signed = false) {
  return measured(millivolts) ? number(`${fixed(millivolts / 1000, 2, signed)} V`) : NONE;
}

/** Milliamps as amperes: two decimals below 10 A, one above. */
export function amps(milliamps, signed = false) {
  if (!measured(milliamps)) return NONE;
  return number(`${fixed(milliamps / 1000, Math.abs(milliamps) < 9995 ? 2 : 1, signed)} A`);
}

/** Tenths of a degree Celsius. */
export function celsius(tenths) {
  return measured(tenths) ? number(`${fixed(tenths / 10, 1, false)} °C`) : NONE;
}

/** Milliseconds since start as h:mm:ss or m:ss. */
export function clock(milliseconds) {
  if (!measured(milliseconds)) return NONE;
  const total = Math.floor(milliseconds / 1000);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** A wait, rounded up: nobody is told "0 s" while waiting. */
export function wait(milliseconds) {
  if (!measured(milliseconds)) return NONE;
  const total = Math.ceil(milliseconds / 1000);
  if (total < 60) return number(`${total} s`);
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return number(`${minutes} min ${String(total % 60).padStart(2, "0")} s`);
  return number(`${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`);
}

/** Age of a reading. */
export function age(milliseconds) {
  if (!measured(milliseconds)) return NONE;
  return number(milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`);
}

// How a state is shown. Every tone has its own shape and word besides its colour.
const TONES = {
  closed: "in",
  closing: "wait", opening: "wait", precharge: "wait", open: "wait", init: "wait",
  cooldown: "out", fault: "out", latched: "out", stuck_closed: "out",
  disabled: "off", absent: "off",
};

/** "in", "wait", "out" or "off"; a state this page does not know is shown as a fault. */
export const toneOf = (state) => TONES[state] ?? "out";

// Where the blade stands. While a switch moves, it may conduct: neither drawn closed nor open.
const BLADES = { closed: "closed", stuck_closed: "closed", closing: "moving", opening: "moving", absent: "unknown" };

/** "closed", "moving", "open" or "unknown". */
export const bladeOf = (state) => BLADES[state] ?? "open";

const SYSTEM_TONES = { running: "in", boot: "wait", idle: "wait", shedding: "wait", service: "wait", safe_off: "out" };

/** Tone of the whole rack. */
export const systemTone = (system) => SYSTEM_TONES[system] ?? "out";
