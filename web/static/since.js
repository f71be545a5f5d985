// What became of a finding: its times before, and what has changed since it was over.

import { h } from "./dom.js";
import { facts, findingLink, levelBadge, section, span, stateWord } from "./parts.js";
import { duration, lead, number, plural, time } from "./words.js";

/** The sections; the elements that stand for those without content keep others in their place. */
export const history = ({ finding, since_resolved: since }, links = true, key = "") => [
  since ? section(`since${key}`, "What changed since it was over", sinceResolved(finding, since, links))
    : h("div", { id: `since${key}` }),
  finding.earlier.length ? section(`before${key}`, "It was there before", before(finding))
    : h("div", { id: `before${key}` }),
];

function sinceResolved(finding, since, links) {
  return h("div", { class: "card" }, facts([
    ["Over since", [time(since.resolved_at), since.seconds ? `; the log goes on for ${duration(since.seconds)} after it` : ""]],
    ["Come back?", comeBack(since)],
    ["Its connections", since.named ? ended(since) : null],
    ["Live", `${number(since.live_then)} then, ${number(since.live_now)} now, of all connections of ${finding.service}`],
    ["Meanwhile", [`${plural(since.opened, "connection")} opened, ${number(since.closed)} closed, `,
      since.rejected ? `${plural(since.rejected, "handshake")} and ` : "", `${plural(since.auth_failures, "request")} refused`]],
    ["New findings", since.findings.length ? h("ul", {}, since.findings.map((one) => h("li", {},
      links ? findingLink(finding.service, one.id, one.title) : one.title, " ", levelBadge(one.level), " ", stateWord(one.state))))
      : "none has begun since"],
  ]));
}

function comeBack({ opened }) {
  if (!opened) return "No; but no connection has been opened since, so nothing has been put to the test.";
  return `No, though ${plural(opened, "connection was", "connections were")} opened since.`;
}

function ended({ named, named_live: live }) {
  if (!live) return named === 1 ? "the one that it names has ended" : `all ${number(named)} that it names have ended`;
  return `${number(live)} of the ${number(named)} that it names ${live === 1 ? "lives" : "live"} still`;
}

const before = ({ earlier, count }) => [
  h("ul", {}, earlier.map((one) => h("li", {}, one.fired_at ? [span(one.fired_at, one.resolved_at), ": "] : "",
    plural(one.connections_total, "connection"), one.note ? `, ${lead(one.note)}` : ""))),
  count - 1 > earlier.length ? h("p", { class: "soft" }, `and ${plural(count - 1 - earlier.length, "time")} more`) : null,
];
