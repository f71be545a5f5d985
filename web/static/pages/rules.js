// The rules that are loaded, and what each has found.

import { address, get } from "../api.js";
import { h, patch } from "../dom.js";
import { empty, facts, levelBadge, link } from "../parts.js";
import { parameters } from "../view.js";
import { number, time } from "../words.js";

export async function rules({ place }) {
  const { rules: loaded } = await get("rules");
  const { rule: wanted } = parameters();
  const found = (rule) => rule.firing + rule.pending + rule.resolved;
  const sorted = [...loaded].sort((one, other) => other.firing - one.firing || found(other) - found(one));
  patch(place, loaded.length ? h("ul", { class: "cards" }, sorted.map((rule) => card(rule, rule.id === wanted)))
    : empty("No rules are loaded", "Start logdiag without an empty --rules folder."));
}

function card(rule, open) {
  return h("li", { class: "card", id: `rule-${rule.id}`, "data-key": rule.id },
    h("p", { class: "card-head" }, levelBadge(rule.level), counts(rule),
      rule.built_in ? null : h("span", { class: "word" }, "your own")),
    h("h2", { class: "h3" }, rule.title, " ", h("code", { class: "soft" }, rule.id)),
    h("p", {}, rule.cause || rule.description),
    h("details", { open }, h("summary", {}, "When it fires, and what to change"),
      facts([
        ["When", h("code", {}, rule.when)], ["Within", rule.within], ["Per", rule.by.join(", ")],
        ["What to do", rule.fix],
        ["Not to be confused with", rule.falsepositives.length ? h("ul", {}, rule.falsepositives.map((one) => h("li", {}, one))) : null],
        ["Last seen", rule.last_at ? time(rule.last_at) : null],
      ]),
      rule.text ? h("details", {}, h("summary", {}, "The rule as YAML"), h("pre", { class: "block", tabindex: 0 }, rule.text)) : null));
}

function counts({ id, firing, pending, resolved }) {
  const words = [[firing, "firing"], [pending, "pending"], [resolved, "resolved"]].filter(([count]) => count);
  if (!words.length) return h("span", { class: "soft" }, "nothing found");
  return words.map(([count, word]) => h("span", { class: `word finding-${word}` }, `${number(count)} ${word}`))
    .concat(link(address("/timeline", { rule: id }), "on the timeline"));
}
