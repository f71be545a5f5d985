// One connection: every step of its life with the line that tells it, and its neighbours.

import { address, get } from "../api.js";
import { h, patch } from "../dom.js";
import { laneWidth, lifelines, patterns } from "../lanes.js";
import { connectionState, facts, findingLink, levelBadge, link, logLine, section, stateWord } from "../parts.js";
import { parameters } from "../view.js";
import { PRECISE, duration, number, plural, short, spaced, time, STATES } from "../words.js";

const IDENTITY = {
  id: "by its id in the log", address: "by address and port",
  count: "inferred from the reported total: nothing is claimed about which connection it was",
};

export async function connection({ place, title }) {
  const { service, number: wanted } = parameters();
  const answer = await get("connection", { service, number: wanted });
  title(`Connection ${short(answer.name)}`);
  patch(place, patterns(), head(answer),
    answer.findings.length ? section("findings", "Named by", h("ul", { class: "plain" },
      answer.findings.map((one) => h("li", {}, levelBadge(one.level), " ", stateWord(one.state), " ",
        findingLink(service, one.id, one.title))))) : h("div", { id: "findings" }),
    section("life", "Its life, step by step", steps(answer)),
    section("neighbours", "Other connections of the same client", neighbours(answer, laneWidth(place))));
}

function head(one) {
  const ended = [one.code, one.code_name, one.reason].filter((part) => part != null && part !== "");
  return h("div", { class: "card" }, facts([
    ["Name", h("code", {}, one.name)], ["State", connectionState(one)],
    ["Service", link(address("/", { service: one.service }), one.service)],
    ["Told apart", IDENTITY[one.identity]],
    ["Opened", time(one.opened_at, "before the log begins")],
    ["Closed", time(one.closed_at, "still there")],
    ["Lived", one.seconds == null ? null : duration(one.seconds)],
    ["Close code", ended.join(", ")], ["Client", one.client],
    ["Address", one.address && (one.port ? `${one.address}, port ${one.port}` : one.address)],
    ["User", one.user], ["Path", one.path], ["Process", one.process],
  ]));
}

function steps({ transitions, marks }) {
  const before = marks.map(({ kind, line }) => h("li", { class: "step" },
    h("p", {}, h("span", { class: "word" }, `before it: ${spaced(kind)}`)), line ? logLine(line) : null));
  return h("ol", { class: "steps" }, before, transitions.map(({ state, at, live, line }) =>
    h("li", { class: "step" },
      h("p", {}, h("span", { class: `word chip-${state}` }, STATES[state] ?? state), " ",
        time(at, "", PRECISE), h("span", { class: "soft" }, ` ${number(live)} live after it`)),
      line ? logLine(line) : h("p", { class: "soft" }, "No line of its own tells this."))));
}

function neighbours(answer, width) {
  if (!answer.neighbours.length) return h("p", { class: "soft" }, answer.client
    ? "None: the client had this one only." : "The log does not tell whose connection it is.");
  const overlapping = answer.neighbours.filter(({ overlaps }) => overlaps).length;
  return [h("p", {}, `${plural(answer.neighbours_total, "other connection")}; ${overlapping ? number(overlapping) : "none"} of those shown ${overlapping > 1 ? "were" : "was"} open at the same time.`),
    lifelines(answer, width)];
}
