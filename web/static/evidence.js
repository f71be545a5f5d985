// What a finding stands on: cause and fix, guards, connections, the lines of the log.

import { h } from "./dom.js";
import { coded, connectionLink, connectionState, facts, levelBadge, logLine, section, stateWord, table } from "./parts.js";
import { GUARD_OUTCOMES, KNOWN_BY, duration, number, short, spaced, time, who } from "./words.js";

const SIGNS = { no: "✓", yes: "!", cannot_tell: "?" };

/** The head of a finding: what, how bad, since when, who. */
export function findingHead(finding) {
  const first = finding.evidence[0];
  const since = finding.pending_at ?? finding.fired_at;
  return h("div", { class: `card finding level-edge-${finding.state === "firing" ? finding.level : "informational"}` },
    h("p", { class: "card-head" }, levelBadge(finding.level), stateWord(finding.state),
      h("span", { class: "soft" }, `${finding.confidence} confidence`),
      finding.count > 1 ? h("span", { class: "soft" }, `fired ${finding.count} times`) : null),
    facts([
      ["Service", finding.service],
      ["Since", since ? time(since) : first && `${first.source}:${first.line}`],
      ["Called a leak", finding.fired_at ? time(finding.fired_at) : null],
      ["Over since", finding.resolved_at ? time(finding.resolved_at) : null],
      ["Who", who(finding)], ["Told apart", Object.keys(finding.group).length ? KNOWN_BY[finding.known_by] : null],
      ["Connections", finding.connections_total ? number(finding.connections_total) : null],
      ["Note", finding.note],
    ]),
    h("div", { class: "two" },
      h("div", {}, h("h3", {}, "Why it happens"), h("p", {}, finding.cause)),
      h("div", { class: "do" }, h("h3", {}, "What to do"), h("p", {}, finding.fix))));
}

const WEIGHT = ["yes", "cannot_tell", "no"]; // what speaks against it comes first

/** How sure it is, and which healthy explanations were checked. */
export function guards(finding, why, key = "") {
  const telling = finding.guards.filter(({ relevant, outcome }) => relevant || outcome === "no");
  const checked = telling.sort((one, other) =>
    WEIGHT.indexOf(one.outcome) - WEIGHT.indexOf(other.outcome));
  const more = why.filter((words) => !checked.some(({ meaning }) => meaning && words.endsWith(meaning)));
  return section(`guards${key}`, "How sure is it?",
    h("p", {}, h("strong", {}, `Confidence: ${finding.confidence}. `), more.join(" ")),
    h("p", { class: "soft" }, "Healthy explanations that were checked before it was called a leak:"),
    h("ul", { class: "guards" }, checked.map(({ name, outcome, meaning }) =>
      h("li", { class: `guard guard-${outcome}` },
        h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[outcome]),
        h("div", {}, h("strong", {}, spaced(name)), ", ", GUARD_OUTCOMES[outcome],
          meaning ? h("p", { class: "soft" }, coded(meaning)) : null)))),
    finding.references.length ? [h("p", {}, "Read more:"), h("ul", { class: "plain" }, finding.references.map((url) =>
      h("li", {}, h("a", { href: /^https?:/.test(url) ? url : null, rel: "noreferrer" }, url))))] : null);
}

/** The connections of a finding, as the API tells them. */
export function connectionTable(service, connections, links = true) {
  if (!connections.length) return h("p", { class: "soft" }, "It names none: it is about the log as a whole.");
  return table("Connections", [["Connection", "name bare"], ["State", "bare"], ["Client"], ["Opened"], ["Closed"],
    ["Lived", "number"]],
  connections.map((one) => [
    h("span", { title: one.name }, links && one.number != null
      ? connectionLink(service, one.number, short(one.name)) : short(one.name)),
    connectionState(one), one.client ?? "not told", time(one.opened_at, "before the log begins"),
    time(one.closed_at, "still there"), one.seconds == null ? "" : duration(one.seconds),
  ]), "stacked");
}

/** Lines of the log with what stands around them. */
export function evidence(lines) {
  return h("ol", { class: "lines" }, lines.map((line) => h("li", {
    class: `line line-${line.event}`, "data-key": `${line.source} ${line.offset}` },
  logLine(line), line.context ? around(line.context) : null)));
}

function around({ origin, before, after }) {
  if (!before.length && !after.length) return null;
  const rows = (some) => some.map(({ line, text }) => h("li", {}, h("span", { class: "soft" },
    `${line ?? ""} `), text));
  return h("details", {}, h("summary", {}, origin === "file" ? "Lines around it" : "Events around it (the file is gone)"),
    h("ol", { class: "context" }, rows(before), h("li", { class: "here" }, "this line"), rows(after)));
}
