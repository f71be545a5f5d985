// The leak timeline: lanes, sorted by suspicion, with grouping, filters and search.

import { address, get } from "../api.js";
import { within } from "../axis.js";
import { Panels, Shared, spokenChart } from "../charts.js";
import { h, patch } from "../dom.js";
import { BORDERS, ready } from "../figures.js";
import { dragToZoom, laneAxis, laneWidth, lanes, legend, patterns } from "../lanes.js";
import { chartLegend } from "../overtime.js";
import { link, nothingYet } from "../parts.js";
import { chosenWindow, parameters, show, zoomTo } from "../view.js";
import { controls, spokenWindow } from "../window.js";
import { STATES, number, plural } from "../words.js";

const SIZE = 50; // lanes on one page

let rules = null; // to choose from; nothing else waits for them
let round = 0; // counts what was asked: a late answer must not replace a later one's

export async function timeline({ place, service }) {
  if (!service) return patch(place, nothingYet());
  const { by, q, rule, finding, state, page } = parameters();
  const width = laneWidth(place);
  const mine = ++round;
  const [answer, live] = await Promise.all([
    get("lanes", { service, by, q, rule, finding, state, page, size: SIZE, width, ...chosenWindow() }),
    get("live", { service, width: Math.floor(width / 2), ...chosenWindow() }),
  ]);
  if (mine !== round) return;
  const { axis, from, to } = answer;
  const fill = () => patch(place, patterns(), filters(rules ?? (rule ? [{ id: rule }] : [])),
    h("div", { class: "chart-head" }, h("p", { class: "soft", role: "status" }, summary(answer), " ",
      axis.from == null ? "" : spokenWindow(axis, from, to)),
    controls(() => ({ from, to }), (chosen) => zoomTo(chosen && within(axis, chosen)))),
    legend(), chartLegend(),
    answer.lanes.length ? h("div", { class: "card lanes-card",
      onpointerdown: (event) => dragToZoom(event, answer, width) },
    h("div", { id: "above", class: "panels", "data-keep": true, role: "img", "aria-label": spokenChart(live) }),
    laneAxis(answer, width), lanes(answer, width)) : nothingFound(),
    pages(answer));
  fill();
  await ready();
  drawAbove(live, width);
  if (rules) return;
  rules = (await get("rules").catch(() => ({ rules: null }))).rules;
  if (mine === round) fill();
}

/** All connections of the service and its refused requests, on the axis of the lanes below. */
function drawAbove(live, width) {
  const box = document.getElementById("above");
  if (!box || live.from == null) return;
  box.style.width = `${width + BORDERS}px`;
  box.shared ??= new Shared();
  box.panels ??= new Panels(box, box.shared, ["small", "refusals"], false);
  box.panels.update(live);
  box.shared.onmove = (from, to) => zoomTo(within(live.axis, { from, to }));
  box.shared.set(live.axis, live.from, live.to);
}

function summary({ connections, lanes_total: total, sampled, by }) {
  const whose = plural(total, by);
  if (sampled && parameters().q) return `The newest connections that match, of ${whose}; a narrower search or window shows the others.`;
  if (sampled) return `A sample of the connections of ${whose}; suspicious and living ones are all here.`;
  return connections == null ? `Connections of ${whose}.` : `${plural(connections, "connection")} of ${whose}.`;
}

function filters(rules) {
  const { by = "client", q = "", rule = "", state = "", finding } = parameters();
  const select = (name, label, value, options) => h("label", {}, label,
    h("select", { name, onchange: (event) => show({ [name]: event.target.value, page: null }) },
      options.map(([key, word]) => h("option", { value: key, selected: key === value }, word))));
  return h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
    h("label", { class: "grow" }, "Search", h("input", { name: "q", type: "search", value: q,
      placeholder: "connection, client or path", oninput: later((event) => show({ q: event.target.value, page: null })) })),
    select("by", "Lanes by", by, [["client", "client"], ["path", "path"], ["service", "service"]]),
    select("state", "State", state, [["", "any"], ...Object.entries(STATES)]),
    select("rule", "Rule", rule, [["", "any"], ...rules.map(({ id }) => [id, id])]),
    finding ? h("button", { type: "button", onclick: () => show({ finding: null }) }, "Only one finding's ×") : null);
}

let timer;
const later = (act) => (event) => {
  clearTimeout(timer);
  timer = setTimeout(() => act(event), 250);
};

function nothingFound() {
  return h("div", { class: "empty" }, h("h2", {}, "No connection matches"),
    h("p", {}, "Search for a part of a connection's id, a client or a path, or take a filter away."),
    h("p", {}, h("button", { type: "button", onclick: () =>
      show({ q: null, rule: null, state: null, finding: null, page: null, from: null, to: null }) }, "Show everything")));
}

function pages({ page, next, lanes_total: total }) {
  if (!page && !next) return null;
  const to = (number) => address(location.pathname, { ...parameters(), page: number || null });
  return h("nav", { class: "pages", "aria-label": "Pages of lanes" },
    page ? link(to(page - 1), "← more suspicious") : null,
    h("span", { class: "soft" }, `lanes ${number(page * SIZE + 1)} to ${number(Math.min(total, (page + 1) * SIZE))}`),
    next ? link(to(page + 1), "less suspicious →") : null);
}
