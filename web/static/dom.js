// Builds elements and keeps the page's in step with them. Text goes in as text nodes only, so
// whatever a log says stays text.

const HANDLERS = ["onclick", "onchange", "oninput", "onkeydown", "onpointerdown", "onsubmit",
  "ontoggle"];

const build = (create) => (tag, attributes = {}, ...children) => {
  const element = create(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
};

/** An HTML element: h("a", {href}, "text", [more, children]). */
export const h = build((tag) => document.createElement(tag));

/** An SVG element, likewise. */
export const s = build((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));

/** Makes `children` the content of `place`, and touches only what differs: what someone has
 *  focused, opened or selected stays so. */
export function patch(place, ...children) {
  if (place) follow(place, build((tag) => document.createElement(tag))("div", {}, ...children));
}

function follow(old, next) {
  const was = [...old.childNodes];
  const wanted = [...next.childNodes]; // a copy: nodes move out of `next`
  wanted.forEach((node, index) => {
    const before = was[index];
    if (!before) old.append(node);
    else if (!alike(before, node)) before.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) {
      if (before.data !== node.data) before.data = node.data;
    } else if (!before.hasAttribute("data-keep")) {
      adopt(before, node);
      follow(before, node);
    }
  });
  was.slice(wanted.length).forEach((node) => node.remove());
}

function alike(one, other) {
  return one.nodeName === other.nodeName && one.id === other.id
    && one.dataset?.key === other.dataset?.key;
}

function adopt(old, next) {
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value && name !== "open") old.setAttribute(name, value);
  }
  for (const name of HANDLERS) old[name] = next[name];
}
