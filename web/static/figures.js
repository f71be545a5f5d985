// A figure of Bokeh's in the page's own colours and type.

import { h } from "./dom.js";

const LEFT = 46, RIGHT = 12; // px beside every figure, so that they line up
export const BORDERS = LEFT + RIGHT;
const INKS = ["line", "ink", "soft", "open", "closed", "leaked", "refused", "superseded"];

let started;

/** Resolves once Bokeh can be used. Its scripts are fetched with the page, and run when what can be
 *  read without charts is on the screen: they keep the browser busy for a while. */
export const ready = () => (started ??= painted().then(() => Promise.all(
  [...document.querySelectorAll("link[rel=preload][as=script]")].map(({ href }) => run(href)))));

const painted = () => new Promise((resolve) => {
  requestAnimationFrame(() => setTimeout(resolve));
  setTimeout(resolve, 100); // a window that nobody sees is not painted
});

function run(src) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    document.head.append(Object.assign(script, { src, async: false, onload: resolve, onerror: reject }));
  });
}

/** An empty figure; `options` are Bokeh's. */
export function figure(options, inks) {
  const made = Bokeh.Plotting.figure({
    sizing_mode: "stretch_width", toolbar_location: null, tools: [],
    min_border_left: LEFT, min_border_right: RIGHT, min_border_top: 4, min_border_bottom: 2,
    background_fill_color: null, border_fill_color: null, // what is behind shows, also on paper
    outline_line_color: inks.line, ...options,
  });
  made.title.setv({ text_color: inks.soft, text_font: inks.font, text_font_size: "12px",
    text_font_style: "normal", offset: 0, standoff: 4 });
  for (const axis of [...made.xaxis, ...made.yaxis]) {
    axis.setv({ axis_line_color: null, major_tick_line_color: null, minor_tick_line_color: null,
      major_label_text_color: inks.soft, major_label_text_font: inks.font,
      major_label_text_font_size: "11px" });
  }
  for (const grid of [...made.xgrid, ...made.ygrid]) {
    grid.setv({ grid_line_color: inks.line, grid_line_alpha: 0.7 });
  }
  const ticker = new Bokeh.BasicTicker({ desired_num_ticks: 3, min_interval: 1, num_minor_ticks: 0 });
  for (const axis of made.yaxis) {
    axis.setv({ ticker, formatter: new Bokeh.NumeralTickFormatter({ format: "0,0" }) });
  }
  for (const grid of made.ygrid) grid.ticker = ticker;
  return made;
}

/** Draws a model in its place. Its canvas is no stop of the Tab key, and shows no focus after a drag:
 *  buttons with names do the same. */
export async function render(model, place) {
  clearWhole();
  const view = await Bokeh.Plotting.show(model, place);
  for (const { canvas_view: canvas } of plots(view)) {
    canvas.events_el.tabIndex = -1;
    canvas.events_el.style.outline = "none";
  }
}

/** Bokeh clears a canvas from half a pixel on, so the first column would keep a ghost of whatever
 *  was drawn there before the figure had found its place. */
function clearWhole() {
  const { CanvasLayer } = Bokeh.require("core/util/canvas");
  CanvasLayer.prototype.clear = function clear() {
    const { width, height } = this.bbox;
    this.ctx.clearRect(-1, -1, width + 2, height + 2);
  };
}

/** The figures of a view, which may be one itself. */
export const plots = (view) => [view, ...view.child_views ?? []].filter((one) => one.canvas_view);

/** The colours of tokens.css as the browser resolves them: a canvas knows no variables. */
export function colours() {
  const probe = document.body.appendChild(h("span", { hidden: true }));
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = Object.fromEntries(INKS.map((name) => [name, read(name)]));
  probe.remove();
  return { ...found, font: getComputedStyle(document.documentElement).getPropertyValue("--sans") };
}
