// One finding, with everything that proves it.

import { address, get } from "../api.js";
import { h, patch } from "../dom.js";
import { connectionTable, evidence, findingHead, guards } from "../evidence.js";
import { link, section } from "../parts.js";
import { history } from "../since.js";
import { parameters } from "../view.js";
import { number } from "../words.js";

export async function finding({ place, title }) {
  const { service, id } = parameters();
  const answer = await get("finding", { service, id });
  const { finding: found } = answer;
  title(found.title);
  patch(place, findingHead(found),
    h("p", { class: "actions" },
      link(address("/timeline", { service, finding: id }), "Show it on the timeline"),
      link(address("/rules", { rule: found.rule }), `The rule ${found.rule}`), copyButton()),
    history(answer),
    guards(found, answer.why),
    section("connections", "Connections", connectionTable(service, answer.connections),
      found.connections_total > answer.connections.length
        ? h("p", { class: "soft" }, `and ${number(found.connections_total - answer.connections.length)} more`) : null),
    section("evidence", "The lines that prove it", evidence(answer.evidence)));
}

/** The address is all that someone else needs; copied where the browser lets a page do that. */
function copyButton() {
  if (!navigator.clipboard) return null;
  return h("button", { type: "button", onclick: async (event) => {
    const button = event.currentTarget;
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } }, "Copy the link");
}
