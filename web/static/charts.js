// Panels over one time axis, drawn by Bokeh: live connections, refused requests, churn.

import { ticks } from "./axis.js";
import { colours, figure, render } from "./figures.js";
import { local, number, plural, utcBeside } from "./words.js";

const PANELS = {
  live: { height: 190, title: "Live connections", total: most, draw: drawLive },
  small: { height: 110, title: "Live connections of the service", total: most, draw: drawLive },
  refusals: { height: 96, title: "Requests refused (401/403)", total: refused, draw: drawRefusals },
  churn: { height: 110, title: "Opened (up) and closed (down)", draw: drawChurn },
};

/** Keeps the ranges of all panels alike; `onmove(from, to)` hears of a zoom or pan in any of them. */
export class Shared {
  constructor() {
    this.ranges = []; // one for each document of Bokeh's, which do not share models
    this.axes = [];
    this.onmove = null;
  }

  /** A range for one more set of panels, with the places of its ticks. */
  join() {
    const range = new Bokeh.Range1d({ start: 0, end: 1 });
    const ticker = new Bokeh.FixedTicker({ ticks: [] });
    range.change.connect(() => this.#moved(range));
    this.ranges.push({ range, ticker });
    return { range, ticker };
  }

  /** Shows a window; `axis` tells what its numbers are. */
  set(axis, from, to) {
    this.unit = axis.unit;
    this.#follow({ start: from, end: to });
  }

  #moved({ start, end }) {
    if (this.following) return;
    this.#follow({ start, end });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.onmove?.(start, end), 200);
  }

  #follow({ start, end }) {
    const places = ticks(this.unit, start, end, window.innerWidth / 130);
    const labels = new Map(places.map(({ at, label }) => [at, label]));
    this.following = true;
    for (const axis of this.axes) axis.major_label_overrides = labels;
    for (const { range, ticker } of this.ranges) {
      ticker.ticks = places.map(({ at }) => at);
      range.setv({ start, end });
    }
    this.following = false;
  }
}

/** The panels of one service. `names` picks them, in their order from above; the last one carries
 *  the axis' labels, if it is to be `labelled`. */
export class Panels {
  constructor(place, shared, names, labelled = true) {
    this.source = new Bokeh.ColumnDataSource({ data: columns(null) });
    this.marks = new Bokeh.ColumnDataSource({ data: marks(null) });
    this.restarts = new Bokeh.ColumnDataSource({ data: { at: [] } });
    this.gaps = new Bokeh.ColumnDataSource({ data: { at: [] } });
    this.totals = [];
    this.axis = shared.join();
    this.axes = shared.axes;
    const inks = colours();
    const figures = names.map((name, index) =>
      this.#figure(PANELS[name], inks, labelled && index === names.length - 1));
    const column = new Bokeh.Column({ children: figures, sizing_mode: "stretch_width", spacing: 2 });
    render(column, place);
  }

  update(answer) {
    this.source.data = columns(answer);
    this.marks.data = marks(answer);
    this.restarts.data = { at: answer.restarts.map(({ at }) => at) };
    this.gaps.data = { at: answer.gaps.map(({ at }) => at).filter((at) => at != null) };
    for (const tell of this.totals) tell(answer);
  }

  #figure({ height, title, total, draw }, inks, last) {
    const made = figure({ title, x_range: this.axis.range, height: height + (last ? 22 : 0),
      min_border_bottom: last ? 24 : 2 }, inks);
    const [across] = made.xaxis;
    across.setv({ ticker: this.axis.ticker, visible: last });
    this.axes.push(across);
    for (const grid of made.xgrid) grid.ticker = this.axis.ticker;
    this.#marks(made, inks);
    if (total) this.totals.push((answer) => { made.title.text = `${title}, ${total(answer)}`; });
    draw(made, this.source, inks);
    this.#tools(made);
    for (const renderer of made.renderers) renderer.hover_glyph = null; // else a line has a hole there
    return made;
  }

  #marks(panel, inks) {
    panel.vstrip({ field: "from" }, { field: "to" }, { source: this.marks, line_color: inks.leaked,
      line_dash: "dotted", line_alpha: 0.7, fill_color: inks.leaked, fill_alpha: 0.1 });
    panel.vspan({ field: "at" }, { source: this.restarts, line_color: inks.superseded,
      line_dash: "dashed", line_width: 2 });
    panel.vspan({ field: "at" }, { source: this.gaps, line_color: inks.ink, line_dash: "dotted",
      line_width: 3 });
  }

  #tools(panel) {
    const hit = panel.quad({ left: { field: "at" }, right: { field: "until" }, source: this.source,
      bottom: 0, top: { field: "zero" }, fill_alpha: 0, line_alpha: 0 });
    const tips = [["", "@when"], ["", "@utc"], ["live", "@last"], ["opened", "@opened"], ["closed", "@closed"],
      ["refused requests", "@auth_failures"]];
    const tools = [
      new Bokeh.HoverTool({ renderers: [hit], mode: "vline", tooltips: tips, attachment: "horizontal" }),
      new Bokeh.WheelZoomTool({ dimensions: "width", modifiers: { ctrl: true } }),
    ];
    // a finger that moves across a panel wants to scroll the page
    if (matchMedia("(pointer: fine)").matches) {
      tools.push(new Bokeh.BoxZoomTool({ dimensions: "width" }));
    }
    panel.add_tools(...tools);
  }
}

function most({ high }) {
  return `${number(Math.max(0, ...high))} at most`;
}

function refused({ auth_failures: counts }) {
  return `${number(sum(counts))} in all`;
}

const sum = (values) => values.reduce((all, value) => all + value, 0);

function drawLive(panel, source, inks) {
  panel.y_range.setv({ start: 0, range_padding: 0.2 });
  panel.varea_step({ x: { field: "at" }, y1: { field: "zero" }, y2: { field: "high" }, source,
    step_mode: "after", fill_color: inks.open, fill_alpha: 0.14 });
  panel.step({ field: "at" }, { field: "high" }, "after", { source, line_color: inks.open,
    line_width: 2 });
}

function drawRefusals(panel, source, inks) {
  panel.y_range.setv({ start: 0, range_padding: 0.1 });
  bars(panel, source, "auth_failures", inks.refused);
}

function drawChurn(panel, source, inks) {
  bars(panel, source, "opened", inks.open);
  bars(panel, source, "fell", inks.closed);
}

function bars(panel, source, field, colour) {
  panel.quad({ left: { field: "at" }, right: { field: "until" }, bottom: 0, top: { field }, source,
    fill_color: colour, line_color: null });
}

function columns(answer) {
  if (!answer) return Object.fromEntries(COLUMNS.map((name) => [name, []]));
  const { step, last, axis, to } = answer;
  // one more place, of no width, so that the line reaches the end
  const ended = (values, value) => (values.length ? [...values, value] : values);
  const at = ended(answer.at, to);
  return {
    at, high: ended(answer.high, last.at(-1)), last: ended(last, last.at(-1)),
    opened: ended(answer.opened, 0), closed: ended(answer.closed, 0),
    auth_failures: ended(answer.auth_failures, 0),
    until: ended(answer.at.map((start) => Math.min(start + step, to)), to),
    fell: ended(answer.closed.map((count) => -count), 0),
    zero: at.map(() => 0),
    when: at.map((start) => (axis.unit === "ms" ? local(start) : `line ${number(start)}`)),
    utc: at.map((start) => (axis.unit === "ms" ? utcBeside(start) : "")),
  };
}
const COLUMNS = ["at", "high", "last", "opened", "closed", "auth_failures", "until", "fell",
  "zero", "when", "utc"];

/** The windows of the findings that fire or did, as one where they meet. */
function marks(answer) {
  const merged = { from: [], to: [] };
  if (!answer) return merged;
  for (const [from, to] of spans(answer)) {
    const last = merged.to.length - 1;
    if (last >= 0 && from <= merged.to[last] + 3 * answer.step) merged.to[last] = Math.max(merged.to[last], to);
    else { merged.from.push(from); merged.to.push(to); }
  }
  return merged;
}

/** From when to when each holds, in order; one without an end reaches to the axis' end. */
function spans({ marked, findings, axis }) {
  const all = marked ?? findings.filter(({ state }) => state !== "pending").map(({ from, to }) => [from, to]);
  return all.map(([from, to]) => [from ?? axis.from, to ?? axis.to]).sort(([one], [other]) => one - other);
}

/** How many were live at most, and from which place of the axis on. */
export function highest({ high, at }) {
  const peak = Math.max(...high);
  return { peak, when: at[high.indexOf(peak)] };
}

/** What the panels show, in a sentence, for those who do not see them. */
export function spokenChart(answer) {
  const { axis, last, at } = answer;
  if (!at.length) return "Nothing has been read yet.";
  const { peak, when } = highest(answer);
  const near = answer.step > 1000 ? "about " : ""; // a step of a chart that is coarser than the words
  const place = axis.unit === "ms" ? `at ${near}${local(when)}` : `at line ${number(when)}`;
  return `${number(last.at(-1))} live at the end, ${number(peak)} at most ${place}; `
    + `${plural(sum(answer.auth_failures), "refused request")}.`;
}
