// The leak timeline: a lane for each client, a bar for each connection, marks for refused requests.

import { address } from "./api.js";
import { ticks, within } from "./axis.js";
import { h, s } from "./dom.js";
import { findingLink } from "./parts.js";
import { zoomTo } from "./view.js";
import { STATES, local, number, plural, short, utcBeside } from "./words.js";

const ROW = 12, BAR = 9, HEAD = 12, LEAST = 3; // px: one row, a bar in it, the marks' strip, a bar

/** The state of a bar, in words that also tell whether it was inferred. */
const spoken = ({ state, inferred }) => STATES[state] + (inferred ? " (inferred)" : "");

/** All lanes of an answer of /lanes, `width` px wide; with `links` where there are pages to open. */
export function lanes(answer, width, links = true) {
  const scale = scaleOf(answer, width);
  return h("ol", { class: "lanes", "aria-label": "Connections" },
    answer.lanes.map((lane) => laneRow(answer, lane, scale, links)));
}

/** The axis above the lanes. */
export function laneAxis(answer, width) {
  const scale = scaleOf(answer, width);
  return s("svg", { class: "lane-axis", width, height: 20, viewBox: `0 0 ${width} 20`, "aria-hidden": "true" },
    scale.ticks.map(({ at, label }) => {
      const half = label.length * 3.3; // px; a label at an edge stays within
      return s("text", { x: Math.min(Math.max(scale.x(at), half), width - half), y: 14 }, label);
    }));
}

function scaleOf(answer, width) {
  const { axis, from, to } = answer;
  const x = (at) => Math.round((width * (at - from) * 10) / Math.max(1, to - from)) / 10;
  return { x, width, ticks: ticks(axis.unit, from, to, width / 110), unit: axis.unit };
}

function laneRow(answer, lane, scale, links) {
  const height = HEAD + Math.max(1, lane.rows) * ROW;
  return h("li", { class: "lane", "data-key": lane.key ?? "" },
    h("div", { class: "lane-label" },
      h("span", { class: "lane-name", title: lane.label }, short(lane.label, 36)),
      h("span", { class: "lane-facts" }, laneFacts(answer.service, lane, links))),
    s("svg", { width: scale.width, height, viewBox: `0 0 ${scale.width} ${height}`, role: "group", "aria-label": laneTitle(lane),
      onkeydown: walk },
      scale.ticks.map(({ at }) => s("line", { class: "grid", x1: scale.x(at), x2: scale.x(at), y1: 0,
        y2: height })),
      lane.bars.map((bar, index) => barShape(answer, bar, scale, links, index === 0)),
      lane.marks.map((mark) => markShape(mark, scale))));
}

function laneFacts(service, lane, links) {
  const named = plural(lane.findings.length, "finding");
  return [
    lane.leaked ? h("span", { class: "fact fact-leaked" }, `${number(lane.leaked)} leaked`) : null,
    h("span", { class: "fact" }, `${number(lane.live)} live`),
    lane.overlap > 1 ? h("span", { class: "fact" }, `${number(lane.overlap)} at once`) : null,
    h("span", { class: "fact" }, `${number(lane.connections)} in all`),
    lane.findings.length && links ? findingLink(service, lane.findings[0], named) : null,
  ];
}

function laneTitle(lane) {
  const refused = lane.marks.reduce((sum, mark) => sum + mark.count, 0);
  return `${lane.label}: ${plural(lane.connections, "connection")}, ${lane.leaked} leaked, `
    + `${lane.live} live, ${lane.overlap} at once, ${plural(refused, "refused request")}`;
}

function barShape(answer, bar, scale, links, first) {
  const begin = bar.from ?? (bar.state === "rejected" ? bar.to : answer.from); // it never began
  const left = Math.max(0, scale.x(begin));
  const right = Math.min(scale.width, scale.x(bar.to ?? answer.to));
  const shape = s("rect", {
    class: `bar state-${bar.state}${bar.inferred ? " inferred" : ""}`, x: left,
    y: HEAD + bar.row * ROW, width: Math.max(LEAST, right - left), height: BAR, rx: 2,
  });
  const label = barTitle(bar, scale.unit);
  const inside = [s("title", {}, label, inUtc(bar, scale.unit)), shape, ending(bar, right)];
  if (bar.number == null || !links) return s("g", { role: "img", "aria-label": label }, inside);
  const href = address("/connection", { service: answer.service, number: bar.number });
  return s("a", { href, "aria-label": label, tabindex: first ? 0 : -1 }, inside);
}

/** What lives on runs into an arrow, what leaked into a filled one: not by colour alone. */
function ending({ to, state, row }, right) {
  if (to != null && state !== "leaked") return null;
  const y = HEAD + row * ROW;
  return s("path", { class: `end state-${state}`,
    d: `M${right - 6} ${y - 1}l7 ${BAR / 2 + 1}l-7 ${BAR / 2 + 1}z` });
}

function barTitle(bar, unit) {
  const at = (value) => (unit === "ms" ? local(value) : `line ${number(value)}`);
  const what = bar.count > 1 ? plural(bar.count, "connection") : bar.name;
  if (bar.state === "rejected" && bar.to != null) return `${what}, ${spoken(bar)}, at ${at(bar.to)}`;
  const begin = bar.from == null ? "from before the log begins" : `from ${at(bar.from)}`;
  const end = bar.to == null ? "still there" : `until ${at(bar.to)}`;
  return `${what}, ${spoken(bar)}, ${begin}, ${end}`;
}

/** A bar's ends once more, for those who point at it. */
function inUtc({ from, to }, unit) {
  const ends = unit === "ms" ? [from, to].filter((at) => at != null).map(utcBeside).filter(Boolean) : [];
  return ends.length ? `\n${ends.join(" to ")}` : "";
}

function markShape(mark, scale) {
  const x = scale.x(mark.at);
  return s("path", { class: "mark", d: `M${x - 4} 1h8l-4 8z`, role: "img",
    "aria-label": `${plural(mark.count, "refused request")}` },
    s("title", {}, `${plural(mark.count, "request")} refused (401/403)`));
}

/** Arrow keys walk along a lane's bars; Tab goes on to the next lane. */
function walk(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const bars = [...event.currentTarget.querySelectorAll("a")];
  const next = bars[bars.indexOf(document.activeElement) + (step ?? NaN)];
  if (!next) return;
  event.preventDefault();
  bars.forEach((bar) => bar.setAttribute("tabindex", bar === next ? 0 : -1));
  next.focus();
}

/** What colours and patterns mean. */
export function legend() {
  const swatch = (name, word, extra = "") => h("li", {},
    s("svg", { width: 26, height: 12, "aria-hidden": "true" },
      s("rect", { class: `bar state-${name} ${extra}`, x: 1, y: 1, width: 24, height: 9, rx: 2 })),
    word);
  return h("ul", { class: "legend", "aria-label": "Legend" },
    Object.entries(STATES).map(([name, word]) => swatch(name, word)),
    swatch("open", "inferred", "inferred"),
    h("li", {}, s("svg", { width: 14, height: 12, "aria-hidden": "true" },
      s("path", { class: "mark", d: "M3 2h8l-4 8z" })), "request refused (401/403)"));
}

/** The patterns that tell states apart without colour; once per page. */
export function patterns() {
  const pattern = (id, d, size = 6) => s("pattern", { id, width: size, height: size,
    patternUnits: "userSpaceOnUse" }, s("rect", { width: size, height: size, class: `base-${id}` }),
  s("path", { d, class: "stripe" }));
  return s("svg", { class: "patterns", width: 0, height: 0, "aria-hidden": "true" }, s("defs", {},
    pattern("leaked", "M-1 1l2-2M0 6l6-6M5 7l2-2"),
    pattern("superseded", "M1 0v6M4 0v6"),
    pattern("rejected", "M0 0l6 6M6 0l-6 6"),
    pattern("connecting", "M0 3h6")));
}

/** The px that a bar may use: the page's width less the labels', which stand above on a phone. */
export function laneWidth(place) {
  const wide = matchMedia("(min-width: 48rem)").matches;
  return Math.max(200, Math.floor(place.clientWidth - (wide ? 298 : 34)));
}

/** One line for each neighbour of a connection, and the connection itself first. */
export function lifelines(answer, width) {
  const all = [{ ...answer, self: true }, ...answer.neighbours];
  const from = Math.min(...all.map((one) => one.from ?? answer.axis.from));
  const to = Math.max(...all.map((one) => one.to ?? answer.axis.to));
  const shown = { ...answer, from, to, service: answer.service };
  const scale = scaleOf(shown, width);
  return h("div", { class: "card lanes-card" }, laneAxis(shown, width), h("ol", { class: "lanes" }, all.map((one) => h("li", { class: `lane ${one.self ? "self" : ""}`,
    "data-key": String(one.number) },
  h("div", { class: "lane-label" }, h("span", { class: "lane-name", title: one.name }, short(one.name, 24)),
    h("span", { class: "lane-facts" }, h("span", { class: "fact" }, one.self ? "this one" : spoken(one)))),
  s("svg", { width, height: HEAD + ROW, viewBox: `0 0 ${width} ${HEAD + ROW}`, role: "group", "aria-label": one.name },
    scale.ticks.map(({ at }) => s("line", { class: "grid", x1: scale.x(at), x2: scale.x(at), y1: 0, y2: HEAD + ROW })),
    barShape(shown, { ...one, row: 0, count: 1 }, scale, !one.self, true))))));
}

/** Drag across lanes to zoom into a span of time. */
export function dragToZoom(event, answer, width) {
  const card = event.currentTarget;
  const svg = event.target.closest?.("svg");
  if (!svg || event.button !== 0 || event.pointerType === "touch" || event.target.closest("a")) return;
  const { left } = svg.getBoundingClientRect();
  const at = (x) => answer.from + (Math.min(Math.max(x - left, 0), width) / width) * (answer.to - answer.from);
  const box = h("div", { class: "drag" });
  const start = event.clientX;
  card.append(box);
  const move = ({ clientX }) => {
    box.style.left = `${Math.min(start, clientX) - card.getBoundingClientRect().left}px`;
    box.style.width = `${Math.abs(clientX - start)}px`;
  };
  const up = ({ clientX }) => {
    removeEventListener("pointermove", move);
    box.remove();
    const [from, to] = [at(start), at(clientX)].sort((one, other) => one - other);
    if (Math.abs(clientX - start) > 5) zoomTo(within(answer.axis, { from, to }));
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", up, { once: true });
  event.preventDefault();
}
