// The overview: the verdict, charts on one time axis, findings, clients.

import { address, get } from "../api.js";
import { Panels, Shared } from "../charts.js";
import { h, patch } from "../dom.js";
import { ready } from "../figures.js";
import { drawLifetimes, numbers } from "../numbers.js";
import { chartFigure, chartLegend } from "../overtime.js";
import { link, nothingYet, section, table } from "../parts.js";
import { basis, byVerdict, findingCards, headline, servicesTable, tiles, verdictCard } from "../verdict.js";
import { chosenWindow, zoomTo } from "../view.js";
import { controls, spokenWindow } from "../window.js";
import { number, plural, short } from "../words.js";
import { within } from "../axis.js";

const MOST_PANELS = 6; // services whose charts are shown together
const AGAIN = 1000; // ms until statistics that are still being counted are asked for once more
const MOST_CARDS = 12; // findings shown at once

let statistics; // the last ones: they take longest, and nothing else waits for them
let round = 0; // counts what has been shown

export async function overview({ place, services, service }) {
  if (!services.length) return patch(place, nothingYet());
  const [report, shown, clients] = await Promise.all([get("report", { service }),
    charted(services, service), service ? get("lanes", { service, size: 8, width: 10 }) : null]);
  for (const { service: name, ahead } of shown.answers) {
    addAhead(report.services.find((one) => one.name === name), ahead);
  }
  const fill = () => patch(place, parts(service, report, shown, clients));
  fill();
  await ready();
  draw(shown, Boolean(service));
  if (service) count(service, place, fill, ++round);
}

/** Counts what was read and is not judged yet in a service's numbers, as the charts do. */
function addAhead({ totals, live }, { live: change, ...counts }) {
  for (const [name, count] of Object.entries(counts)) totals[name] += count;
  live.at_end += change;
  live.peak = Math.max(live.peak, live.at_end);
}

/** Brings in the statistics whenever they are there, unless the page has gone on meanwhile. */
async function count(service, place, fill, mine) {
  let found;
  try {
    found = await get("statistics", { service });
  } catch (error) {
    if (error.status === 503) setTimeout(() => mine === round && count(service, place, fill, mine), AGAIN);
    return; // a server that is gone is told at the top
  }
  if (mine !== round) return;
  statistics = found;
  fill();
  drawLifetimes(place.querySelector(".lifetimes"), statistics);
}

function parts(service, report, shown, clients) {
  const [first] = byVerdict(report.services);
  return [
    h("div", { id: "verdicts" }, service ? null : [headline(report.services), servicesTable(report.services)],
      verdictCard(first, findingsOf(report, first)), service ? [tiles(first, statistics), basis(first)] : null),
    section("charts", "Over time", chartHead(shown), shown.answers.map((answer) => chartFigure(answer, idOf(answer),
      service ? null : link(address("/", { service: answer.service }), answer.service))),
      shown.answers.length ? chartLegend() : null),
    section("findings", "Findings", findingList(report.findings)),
    clients && clients.lanes.length ? section("clients", "Clients, by suspicion",
      clientTable(service, clients)) : h("div", { id: "clients" }),
    statistics ? numbers(statistics) : h("div", { id: "numbers" }),
  ];
}

function findingList(findings) {
  if (!findings.length) return h("p", { class: "soft" }, "Nothing is suspected.");
  const rest = findings.slice(MOST_CARDS);
  return [findingCards(findings.slice(0, MOST_CARDS)), rest.length ? h("details", {},
    h("summary", {}, `and ${plural(rest.length, "more finding")}`), findingCards(rest)) : null];
}

const idOf = ({ service }) => `panels-${service}`;

const findingsOf = (report, { name }) => report.findings.filter((one) => one.service === name);

/** The services to draw, with their answers: one, or the worst that share a kind of axis. */
async function charted(services, service) {
  const able = byVerdict(services).filter(({ name, axis }) => axis.from != null
    && (service ? name === service : true));
  const alike = able.filter(({ axis }) => axis.unit === able[0].axis.unit).slice(0, MOST_PANELS);
  if (!alike.length) return { answers: [] };
  const axis = { unit: alike[0].axis.unit, from: Math.min(...alike.map(({ axis }) => axis.from)),
    to: Math.max(...alike.map(({ axis }) => axis.to)) };
  const chosen = chosenWindow();
  const width = Math.min(600, Math.max(150, Math.floor(window.innerWidth / 2))); // bars of 2 px
  const answers = await Promise.all(alike.map(({ name }) =>
    get("live", { service: name, width, ...(chosen ?? { from: axis.from, to: axis.to }) })));
  const apart = able.filter((one) => one.axis.unit !== able[0].axis.unit).map(({ name }) => name);
  return { answers, axis, apart, ...(chosen ?? { from: axis.from, to: axis.to }) };
}

function chartHead({ answers, axis, apart, from, to }) {
  if (!answers.length) return h("p", { class: "soft" }, "There is nothing to draw yet.");
  return [h("div", { class: "chart-head" },
    h("p", { class: "soft" }, spokenWindow(axis, from, to)),
    controls(() => ({ from, to }), (chosen) => zoomTo(chosen && within(axis, chosen)))),
  apart.length ? h("p", { class: "soft" }, axis.unit === "ms" ? "Without times in their logs, so not on this axis: "
    : "With times in their logs, so not on this axis: ",
    apart.map((name, index) => [index ? ", " : "", link(address("/", { service: name }), name)]), ".") : null];
}

function clientTable(service, { lanes, lanes_total: total }) {
  return [table("Clients, by suspicion", [["Client", "name bare"], ["Leaked", "number"], ["Live", "number"],
    ["At once", "number"], ["In all", "number"]],
  lanes.map((lane) => [
    h("span", { title: lane.label }, link(address("/timeline", { service, q: lane.key }), short(lane.label, 40))),
    number(lane.leaked), number(lane.live), number(lane.overlap), number(lane.connections),
  ]), "stacked"), h("p", {}, link(address("/timeline", { service }), "Open the leak timeline", total > lanes.length ? ` with ${plural(total, "lane")}` : ""))];
}

let shared; // the range that all panels follow

function draw({ answers, axis, from, to }, alone) {
  if (!answers.length) return;
  shared ??= new Shared();
  for (const answer of answers) {
    const box = document.getElementById(idOf(answer));
    box.panels ??= new Panels(box, shared, alone ? ["live", "refusals", "churn"] : ["live", "refusals"]);
    box.panels.update(answer);
  }
  shared.onmove = (start, end) => zoomTo(within(axis, { from: start, to: end }));
  shared.set(axis, from, to);
}
