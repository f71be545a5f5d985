// The charts of a service as the page holds them: the panels' place, and the same as words and table.

import { highest, spokenChart } from "./charts.js";
import { h } from "./dom.js";
import { table } from "./parts.js";
import { number, place, utc } from "./words.js";

/** One service's charts; `Panels` fills the element with the id. */
export const chartFigure = (answer, id, heading) => h("figure", { class: "card", "data-key": answer.service },
  heading ? h("p", { class: "chart-name" }, heading) : null,
  h("div", { id, class: "panels", "data-keep": true, role: "img",
    "aria-label": `Live connections of ${answer.service} over time` }),
  h("figcaption", { title: answer.axis.unit === "ms" && answer.at.length ? utc(highest(answer).when) : null },
    spokenChart(answer)), chartTable(answer));

/** What the marks in the charts mean. */
export function chartLegend() {
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
    rows.map(([start, index]) => [place(axis, start), number(end(index)), sum(opened, index),
      sum(closed, index), sum(auth_failures, index)])));
}
