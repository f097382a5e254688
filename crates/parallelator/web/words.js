// The fixed words of the page, in the language that the program speaks. Sentences about the rack come from the program.
//
// The English words stand where they are used and are the keys; `french.js` has the others.

import { FRENCH } from "./french.js";

const DICTIONARIES = { en: null, fr: FRENCH };
// Read aloud or shown as a hint.
const ATTRIBUTES = ["aria-label", "title"];

let language = null;

const fixedSpaces = (text) => text.replace(/ ([:;!?»])/g, "\u00a0$1").replace(/« /g, "«\u00a0");

/** Words with `{0}`, `{1}` … replaced. What has no translation is a mistake of this page, and is shown in English. */
export function say(words, ...values) {
  const dictionary = DICTIONARIES[language] ?? null;
  let text = words;
  if (dictionary !== null) {
    if (dictionary[words] === undefined) console.error(`no words in "${language}" for: ${words}`);
    else text = fixedSpaces(dictionary[words]);
  }
  return text.replace(/\{(\d)\}/g, (_, place) => String(values[Number(place)]));
}

/** A number with its unit, from the English way of writing it. */
export const number = (text) => (language === "fr" ? text.replace(".", ",").replaceAll(" ", "\u00a0") : text);

/** Takes the language of the program; the words that stand in the page from the start are exchanged once. */
export function speak(wanted) {
  if (wanted === language) return;
  // Another program answers now: the page begins anew.
  if (language !== null) location.reload();
  language = wanted;
  document.documentElement.lang = wanted;
  if ((DICTIONARIES[wanted] ?? null) !== null) exchange();
}

function exchange() {
  const letters = /\p{L}/u;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    // What the browser hides because scripts run is not for these readers.
    if (node.parentNode.closest("noscript") !== null) continue;
    const words = node.data.trim();
    if (letters.test(words)) node.data = node.data.replace(words, () => say(words));
  }
  for (const attribute of ATTRIBUTES) {
    for (const node of document.body.querySelectorAll(`[${attribute}]`)) {
      node.setAttribute(attribute, say(node.getAttribute(attribute)));
    }
  }
}
