// The window on the time axis that one looks at: buttons that move it, and words that tell it.

import { panned, zoomed } from "./axis.js";
import { h } from "./dom.js";
import { duration, local, number, utc } from "./words.js";

/** Buttons that zoom and move what all panels show, for keys and fingers. */
export function controls(range, onwindow) {
  const button = (label, title, change) => h("button", { type: "button", class: "small",
    title, "aria-label": title, onclick: () => onwindow(change && change(range())) }, label);
  return h("div", { class: "controls", role: "group", "aria-label": "Zoom and move the time axis" },
    button("+", "Zoom in", (range) => zoomed(range, 0.5)),
    button("−", "Zoom out", (range) => zoomed(range, 2)),
    button("←", "Earlier", (range) => panned(range, -0.4)),
    button("→", "Later", (range) => panned(range, 0.4)),
    button("All", "Zoom out to everything", null));
}

/** From where to where, in words. */
export function spokenWindow(axis, from, to) {
  if (axis.unit !== "ms") return `Lines ${number(Math.round(from))} to ${number(Math.round(to) - 1)}`;
  return h("span", { title: `${utc(from)} to ${utc(to)}` },
    `${local(from)} to ${local(to)}, ${duration((to - from) / 1000)}`);
}
