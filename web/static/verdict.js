// The answer in five seconds: is it leaking, since when, who, why, what to do.

import { address } from "./api.js";
import { h } from "./dom.js";
import { facts, findingLink, levelBadge, link, stateWord, table, tile, verdictBadge } from "./parts.js";
import { CLOCKS, IDENTITIES, duration, lead, number, plural, time, who } from "./words.js";

const ORDER = ["leak", "cannot_tell", "clean"];

/** The services, the worst first. */
export const byVerdict = (services) => [...services].sort((one, other) =>
  ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict));

/** The verdict on one service of a report, with its worst finding. */
export function verdictCard(service, findings, links = true) {
  const worst = findings.find(({ state }) => state === "firing");
  return h("div", { class: `verdict card verdict-edge-${service.verdict}` },
    h("p", { class: "verdict-line" }, verdictBadge(service.verdict),
      h("strong", {}, service.name), h("span", {}, ` ${service.reason}`)),
    service.verdict === "leak" && worst ? answers(service, worst, links) : advice(service));
}

function answers(service, finding, links) {
  const begin = finding.pending_at ?? finding.fired_at;
  const ago = begin && service.to ? (Date.parse(service.to) - Date.parse(begin)) / 1000 : 0;
  const first = finding.evidence[0];
  return [
    facts([
      ["Since", begin ? [time(begin), ago > 0 ? ` (${duration(ago)} before the log's end)` : ""]
        : first && `${first.source}:${first.line}`],
      ["Who", [who(finding), finding.connections_total ? `: ${plural(finding.connections_total, "connection")}` : ""]],
      ["Why", finding.cause],
      ["What to do", h("strong", {}, finding.fix)],
    ], "answers"),
    links ? h("p", {}, findingLink(service.name, finding.fingerprint, "Open the finding: its proof, and what was ruled out")) : null,
  ];
}

function advice(service) {
  if (service.verdict !== "cannot_tell") return null;
  return h("p", { class: "soft" }, "Neither an alarm nor an all-clear would be honest here. The rules page tells what each leak needs to be seen.");
}

/** How many of several services leak, in a sentence. */
export function headline(services) {
  const leaking = services.filter(({ verdict }) => verdict === "leak").length;
  return h("p", { class: "headline" }, leaking ? `${leaking} of ${services.length} services are leaking.`
    : `None of ${services.length} services is known to leak.`);
}

/** Numbers of one service. */
export function tiles(service, statistics) {
  const { totals, live } = service;
  const rate = statistics?.flow.per_minute.net; // undefined until they are known, null without a clock
  return h("dl", { class: "tiles" },
    tile(number(live.at_end), "live now", service.verdict === "leak" ? "tile-leak" : ""),
    tile(number(live.peak), ["most at once", live.peak_at ? [", ", time(live.peak_at)] : ""]),
    service.clock === "event" ? tile(...growth(rate)) : null,
    tile(number(totals.opened), "opened"), tile(number(totals.closed), "closed"),
    tile(number(totals.rejected), "handshakes refused"),
    tile(number(totals.auth_failures), "requests refused (401/403)"),
    totals.superseded ? tile(number(totals.superseded), "ended by a restart") : null,
    totals.unknown ? tile(number(totals.unknown), "lost from sight") : null);
}

/** By how much the live connections grow: in a minute, or where that is next to nothing in an hour. */
function growth(perMinute) {
  if (perMinute == null) return ["…", "a minute, opened less closed"];
  const [rate, unit] = Math.abs(perMinute) < 0.1 ? [60 * perMinute, "an hour"] : [perMinute, "a minute"];
  return [`${rate > 0 ? "+" : ""}${number(Number(rate.toFixed(1)))}`, `${unit}, opened less closed`];
}

/** How the service's log is understood. */
export const basis = (service) => h("p", { class: "soft basis" },
  `${CLOCKS[service.clock]}; ${IDENTITIES[service.identity]}`,
  service.from ? [". ", time(service.from), " to ", time(service.to)] : "", ".");

/** All services, one line each. */
export function servicesTable(services, links = true) {
  return table("Services", [["Verdict", "bare"], ["Service", "bare"], ["Why", "wide bare"], ["Live", "number"], ["Most", "number"],
    ["401/403", "number"]],
  byVerdict(services).map((service) => [
    verdictBadge(service.verdict), links ? link(address("/", { service: service.name }), service.name) : service.name,
    service.reason, number(service.live.at_end), number(service.live.peak),
    number(service.totals.auth_failures),
  ]), "stacked");
}

/** Findings, one card each; `links` where there is a page to open. */
export function findingCards(findings, links = true) {
  return h("ul", { class: "cards" }, findings.map((finding) => h("li", {
    class: `card finding level-edge-${finding.state === "firing" ? finding.level : "informational"}`,
    "data-key": `${finding.service} ${finding.fingerprint}`,
  },
  h("p", { class: "card-head" }, levelBadge(finding.level), stateWord(finding.state),
    h("span", { class: "soft" }, finding.service)),
  h("h3", {}, links ? findingLink(finding.service, finding.fingerprint, finding.title) : finding.title),
  h("p", { class: "soft" }, who(finding),
    finding.connections_total ? `: ${plural(finding.connections_total, "connection")}` : "",
    finding.pending_at ? [", since ", time(finding.pending_at)] : "",
    finding.resolved_at ? [", until ", time(finding.resolved_at)] : "",
    finding.note ? `; ${lead(finding.note)}` : ""))));
}
