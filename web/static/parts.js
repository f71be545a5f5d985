// Small pieces that several pages show.

import { address } from "./api.js";
import { h } from "./dom.js";
import { FINDING_STATES, STATES, VERDICTS, time } from "./words.js";

const SHAPES = { leak: "▲", clean: "●", cannot_tell: "?" };

/** The verdict on a service: a word and a shape, not a colour alone. */
export const verdictBadge = (verdict) => h("span", { class: `badge verdict-${verdict}` },
  h("span", { "aria-hidden": "true" }, SHAPES[verdict]), VERDICTS[verdict]);

export const levelBadge = (level) => h("span", { class: `badge level-${level}` }, level);

export const stateWord = (state) => h("span", { class: `word finding-${state}` },
  FINDING_STATES[state]);

/** A connection's state, with its colour and pattern before it. */
export const connectionState = ({ state, inferred }) =>
  h("span", { class: `word chip-${state}` }, STATES[state] + (inferred ? " (inferred)" : ""));

export const link = (href, ...words) => h("a", { href }, words);

export const findingLink = (service, id, ...words) =>
  link(address("/finding", { service, id }), words);

export const connectionLink = (service, number, ...words) =>
  link(address("/connection", { service, number }), words);

/** A section with its heading; `id` names it. */
export const section = (id, title, ...content) => h("section", { id, "aria-labelledby": `${id}-h` },
  h("h2", { id: `${id}-h` }, title), content);

/** Pairs of a term and what stands for it; those without content are left out. */
export const facts = (pairs, kind = "facts") => h("dl", { class: kind },
  pairs.filter(([, content]) => content != null && content !== "").map(([term, content]) =>
    h("div", {}, h("dt", {}, term), h("dd", {}, content))));

/** A table that scrolls by itself where the screen is narrow. `columns`: [title, class]; of class
 *  `stacked`, its rows become paragraphs there, in which each cell says its column's title. */
export function table(caption, columns, rows, kind = "") {
  return h("div", { class: `scroll ${kind}`, tabindex: 0, role: "region", "aria-label": caption },
    h("table", {}, h("caption", { class: "hidden" }, caption),
      h("thead", {}, h("tr", {}, columns.map(([title, kind = ""]) =>
        h("th", { scope: "col", class: kind }, title)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, index) =>
        h("td", { class: columns[index][1] ?? "", "data-title": columns[index][0] }, cell)))))));
}

/** What to do where there is nothing to show. */
export const empty = (title, ...words) => h("div", { class: "empty" }, h("h2", {}, title),
  h("p", {}, words));

/** The same where nothing was read at all. */
export const nothingYet = () => empty("Nothing has been read yet", "Follow your logs with ",
  code("logdiag watch /var/log/app"), ", or read archives with ", code("logdiag ingest app.log"), ". This page fills by itself.");

export const code = (text) => h("code", {}, text);

/** Words in which `what is typed` stands between backticks. */
export const coded = (text) => text.split("`").map((part, index) => (index % 2 ? code(part) : part));

/** One tile: a number and what it counts. */
export const tile = (value, label, kind = "") => h("div", { class: `tile ${kind}` },
  h("dt", {}, label), h("dd", {}, value));

/** "23 Nov 00:19:12 to 23 Nov 00:20:01", or to now. */
export const span = (from, to, open = "still there") =>
  [time(from, "before the log begins"), " to ", time(to, open)];

/** A line of a log: where it stands, and what it says. */
export function logLine({ source, line, text, event, at }) {
  return [
    h("div", { class: "place" }, `${source}:${line || "?"}`,
      event ? h("span", { class: `event event-${event}` }, event.replace("_", " ")) : null,
      at ? time(at) : null),
    h("pre", {}, text || "(no longer stored)"),
  ];
}
