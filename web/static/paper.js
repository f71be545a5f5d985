// Charts on paper. A canvas keeps the size and the grain that it had on the screen; so what is
// printed is drawn once more, as wide as the sheet and as lines.

import { h } from "./dom.js";
import { plots } from "./figures.js";

const WIDTHS = { panels: 680, lifetimes: 310 }; // px that fit on A4 between its margins

/** Draws all charts for paper whenever the page is printed. */
export function fitPaper() {
  addEventListener("beforeprint", () => {
    resize((kind) => `${WIDTHS[kind]}px`);
    for (const view of views()) {
      view.el.parentElement.append(h("div", { class: "on-paper" },
        plots(view).map((plot) => plot.export("svg").canvas)));
    }
  });
  addEventListener("afterprint", () => {
    document.querySelectorAll(".on-paper").forEach((drawn) => drawn.remove());
    resize(() => "");
  });
}

/** Bokeh's views of the charts, and of no other thing. */
const views = () => [...window.Bokeh?.index.roots ?? []].filter((view) => plots(view).length);

function resize(width) {
  for (const view of views()) {
    const box = view.el.parentElement;
    box.style.width = width(box.classList[0]);
    view.after_resize();
  }
}
