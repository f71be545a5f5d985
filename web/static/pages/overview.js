// The overview: the verdict, charts on one time axis, findings, clients.

import { address, get } from "../api.js";
import { Panels, Shared, spokenChart } from "../charts.js";
import { h, patch } from "../dom.js";
import { empty, code, link, section, table } from "../parts.js";
import { basis, byVerdict, findingCards, servicesTable, tiles, verdictCard } from "../verdict.js";
import { chosenWindow, zoomTo } from "../view.js";
import { controls, spokenWindow } from "../window.js";
import { number, place as axisPlace, plural, short } from "../words.js";
import { within } from "../axis.js";

const MOST_PANELS = 6; // services whose charts are shown together

export async function overview({ place, services, service }) {
  if (!services.length) return patch(place, nothingYet());
  const [report, shown] = await Promise.all([get("report", { service }), charted(services, service)]);
  const [first] = byVerdict(report.services);
  const clients = service ? await get("lanes", { service, size: 8, width: 10 }) : null;
  patch(place,
    h("div", { id: "verdicts" }, report.services.length > 1 ? servicesTable(report.services) : null,
      verdictCard(first, findingsOf(report, first)), service ? [tiles(first), basis(first)] : null),
    section("charts", "Over time", chartHead(shown), chartPlaces(shown, Boolean(service))),
    section("findings", "Findings", report.findings.length ? findingCards(report.findings)
      : h("p", { class: "soft" }, "Nothing is suspected.")),
    clients && clients.lanes.length ? section("clients", "Clients, by suspicion",
      clientTable(service, clients)) : h("div", { id: "clients" }));
  draw(shown, Boolean(service));
}

const findingsOf = (report, { name }) => report.findings.filter((one) => one.service === name);

function nothingYet() {
  return empty("Nothing has been read yet", "Follow your logs with ", code("logdiag watch /var/log/app"),
    ", or read archives with ", code("logdiag ingest app.log"), ". This page fills by itself.");
}

/** The services to draw, with their answers: one, or the worst that share a kind of axis. */
async function charted(services, service) {
  const able = byVerdict(services).filter(({ name, axis }) => axis.from != null
    && (service ? name === service : true));
  const alike = able.filter(({ axis }) => axis.unit === able[0].axis.unit).slice(0, MOST_PANELS);
  if (!alike.length) return { answers: [] };
  const axis = { unit: alike[0].axis.unit, from: Math.min(...alike.map(({ axis }) => axis.from)),
    to: Math.max(...alike.map(({ axis }) => axis.to)) };
  const chosen = chosenWindow();
  const width = Math.min(1200, Math.max(200, window.innerWidth));
  const answers = await Promise.all(alike.map(({ name }) =>
    get("live", { service: name, width, ...(chosen ?? { from: axis.from, to: axis.to }) })));
  return { answers, axis, ...(chosen ?? { from: axis.from, to: axis.to }) };
}

function chartHead({ answers, axis, from, to }) {
  if (!answers.length) return h("p", { class: "soft" }, "There is nothing to draw yet.");
  return h("div", { class: "chart-head" },
    h("p", { class: "soft" }, spokenWindow(axis, from, to)),
    controls(() => ({ from, to }), (chosen) => zoomTo(chosen && within(axis, chosen))));
}

function chartPlaces({ answers }, alone) {
  return answers.map((answer) => h("figure", { class: "card", "data-key": answer.service },
    alone ? null : h("p", { class: "chart-name" }, link(address("/", { service: answer.service }), answer.service)),
    h("div", { id: `panels-${answer.service}`, class: "panels", "data-keep": true, role: "img",
      "aria-label": `Live connections of ${answer.service} over time` }),
    h("figcaption", {}, spokenChart(answer)), chartTable(answer))).concat(answers.length ? chartLegend() : []);
}

function chartLegend() {
  const entry = (kind, word) => h("li", {}, h("span", { class: `key key-${kind}`, "aria-hidden": "true" }), word);
  return h("ul", { class: "legend" }, entry("finding", "a finding holds"), entry("restart", "restart"),
    entry("gap", "lines are missing"));
}

/** The same as a table, for those whom a chart does not serve: at most 40 rows. */
function chartTable({ at, step, last, opened, closed, auth_failures, axis }) {
  const stride = Math.ceil(at.length / 40);
  const sum = (values, index) => number(values.slice(index, index + stride).reduce((a, b) => a + b, 0));
  const rows = at.map((start, index) => [start, index]).filter(([, index]) => index % stride === 0);
  const end = (index) => last[Math.min(index + stride, last.length) - 1];
  return h("details", { class: "as-table" }, h("summary", {}, "As a table"),
    table("Connections over time", [["From"], ["Live at the end", "number"], ["Opened", "number"],
      ["Closed", "number"], ["401/403", "number"]],
    rows.map(([start, index]) => [axisPlace(axis, start), number(end(index)), sum(opened, index),
      sum(closed, index), sum(auth_failures, index)])));
}

function clientTable(service, { lanes, lanes_total: total }) {
  return [table("Clients, by suspicion", [["Client"], ["Leaked", "number"], ["Live", "number"],
    ["At once", "number"], ["In all", "number"]],
  lanes.map((lane) => [
    h("span", { title: lane.label }, link(address("/timeline", { service, q: lane.key }), short(lane.label, 40))),
    number(lane.leaked), number(lane.live), number(lane.overlap), number(lane.connections),
  ])), h("p", {}, link(address("/timeline", { service }), `All ${plural(total, "lane")} on the leak timeline`))];
}

let shared; // the range that all panels follow

function draw({ answers, axis, from, to }, alone) {
  if (!answers.length) return;
  shared ??= new Shared();
  for (const answer of answers) {
    const box = document.getElementById(`panels-${answer.service}`);
    box.panels ??= new Panels(box, shared, alone ? ["live", "refusals", "churn"] : ["live", "refusals"]);
    box.panels.update(answer);
  }
  shared.onmove = (start, end) => zoomTo(within(axis, { from: start, to: end }));
  shared.set(axis, from, to);
}
