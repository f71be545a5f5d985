// The report that is one file: the parts of the pages, one below the other, with their data inside.

import { Panels, Shared } from "./charts.js";
import { h, patch } from "./dom.js";
import { connectionTable, evidence, findingHead, guards } from "./evidence.js";
import { laneAxis, lanes, legend, patterns } from "./lanes.js";
import { drawLifetimes, numbers } from "./numbers.js";
import { chartFigure, chartLegend } from "./overtime.js";
import { fitPaper } from "./paper.js";
import { section, table } from "./parts.js";
import { history } from "./since.js";
import { basis, byVerdict, headline, servicesTable, tiles, verdictCard } from "./verdict.js";
import { ZONE_TOLD, number, plural, size, time } from "./words.js";

const { report, services, findings } = JSON.parse(document.getElementById("answers").textContent);
const place = document.getElementById("content");
const LANES = 940; // px of a lane; the browser scales it to the page, and to paper

function serviceSection(told, key) {
  const { live, lanes: lanesTold, statistics } = services[told.name];
  const own = report.findings.filter((one) => one.service === told.name);
  return h("section", { class: "service", "aria-label": told.name },
    verdictCard(told, own, false), tiles(told, statistics), basis(told),
    live.at.length ? [chartFigure(live, `panels${key}`), chartLegend()] : null,
    lanesTold.lanes.length ? section(`lanes${key}`, "Leak timeline", legend(),
      h("div", { class: "card lanes-card" }, laneAxis(lanesTold, LANES), lanes(lanesTold, LANES, false)),
      lanesTold.more ? h("p", { class: "soft" }, `The ${plural(lanesTold.lanes.length, "lane")} with most to suspect; logdiag web shows all.`) : null) : null,
    statistics ? numbers(statistics, key) : null);
}

function findingSection(answer, key) {
  const { finding, why, connections, evidence: lines } = answer;
  return h("article", { class: "finding-whole" }, h("h2", {}, finding.title),
    findingHead(finding), history(answer, false, key), guards(finding, why, key),
    section(`connections${key}`, "Connections", connectionTable(finding.service, connections, false)),
    section(`evidence${key}`, "The lines that prove it", evidence(lines)));
}

const sourcesTable = () => table("Sources", [["File"], ["Format"], ["Size", "number"], ["Lines", "number"],
  ["Events", "number"], ["Gaps", "number"]], report.sources.map((one) => [one.path, one.format || "none",
  size(one.bytes), number(one.lines), number(one.recognised), number(one.gaps.length)]));

function draw() {
  byVerdict(report.services).forEach(({ name }, index) => {
    const { live, statistics } = services[name];
    const box = document.getElementById(`panels${index}`);
    if (box) {
      const shared = new Shared();
      new Panels(box, shared, ["live", "refusals", "churn"]).update(live);
      shared.set(live.axis, live.from, live.to);
    }
    const lifetimes = document.querySelector(`#numbers${index} .lifetimes`);
    if (statistics && lifetimes) drawLifetimes(lifetimes, statistics);
  });
}

patch(place, patterns(),
  h("p", { class: "soft" }, `Written by ${report.tool}, `, time(report.generated_at), `. ${ZONE_TOLD}`),
  report.services.length > 1 ? [headline(report.services), servicesTable(report.services, false)] : null,
  report.problems.map((problem) => h("p", { class: "hint" }, problem)),
  byVerdict(report.services).map(serviceSection),
  findings.length ? h("h2", { class: "part" }, "The findings, with their proof") : null,
  findings.map((one, index) => findingSection(one, `-${index}`)),
  section("sources", "What was read", sourcesTable()));
draw();
fitPaper();
place.removeAttribute("aria-busy");
