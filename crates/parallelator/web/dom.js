// Small helpers over the DOM. Text is always set as text, never parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name === "on") for (const [event, action] of Object.entries(value)) node.addEventListener(event, action);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** An HTML element. */
export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** An SVG element. */
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

// Writing only what changed keeps selections, focus and assistive technology calm at five updates a second.
export function setText(node, text) {
  const only = node.firstChild;
  // The same text node is kept: replacing it each time would leave thousands a minute to be collected.
  if (only?.nodeType === Node.TEXT_NODE && only === node.lastChild) {
    if (only.data !== text) only.data = text;
  } else if (node.textContent !== text) {
    node.textContent = text;
  }
}

export function setAttr(node, name, value) {
  if (value === null) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, String(value));
  }
}

/** The shape of a tone; `setTone` changes it later. */
export const toneIcon = (tone) => svg("svg", { class: "tone", "aria-hidden": "true" }, svg("use", { href: `#tone-${tone}` }));

export function setTone(node, tone) {
  setAttr(node, "data-tone", tone);
  setAttr(node.querySelector("svg.tone use"), "href", `#tone-${tone}`);
}
