// What is read: each source, what it yields, how far behind it is, and lines that nobody knew.

import { get } from "../api.js";
import { h, patch } from "../dom.js";
import { code, facts, nothingYet } from "../parts.js";
import { duration, number, plural, size, time } from "../words.js";

export async function sources({ place }) {
  const { sources: all } = await get("sources");
  patch(place, all.length ? h("ul", { class: "cards side" }, all.map(card))
    : nothingYet());
}

function card(one) {
  const share = one.lines ? one.recognised / one.lines : 0;
  return h("li", { class: "card", "data-key": String(one.id) },
    h("h2", { class: "h3" }, one.path), h("p", { class: "card-head soft" }, one.service,
      one.format ? `, format ${one.format}` : ", no known format"),
    h("div", { class: "yield" },
      h("meter", { min: 0, max: 1, value: share, "aria-label": `${Math.round(100 * share)}% of the lines are events` }),
      h("span", {}, `${plural(one.recognised, "event")} in ${plural(one.lines, "line")}, ${size(one.bytes)}`)),
    facts([
      ["Last event", one.last_at ? [time(one.last_at), one.lag_seconds == null ? ""
        : `, ${duration(one.lag_seconds)} ago`] : null],
      ["Read", progress(one)],
      ["Note", one.notice],
      ["Missing", one.gaps.length ? h("ul", {}, one.gaps.map(gap)) : null],
    ]),
    one.lines && !one.recognised ? h("p", { class: "hint" }, "No line of it was understood. Ask ", code(`logdiag explain ${one.path}`), ".") : null,
    one.unknown ? unknown(one) : null);
}

/** How far it has been read. */
function progress({ behind, ended }) {
  const words = behind ? [`${size(behind)} not read yet`] : behind === 0 ? ["to its end"] : [];
  if (ended) words.push("it will not grow any more");
  return words.join("; ");
}

const gap = ({ size: bytes, offset, reason, time: at }) => h("li", {},
  `${bytes == null ? "an unknown amount" : size(bytes)} after byte ${number(offset)}: ${reason} `, time(at));

/** The lines that nobody knew, asked for when someone opens them. */
function unknown({ id, unknown: count }) {
  return h("details", { ontoggle: async (event) => {
    const box = event.currentTarget;
    if (!box.open) return;
    const answer = await get("unknown", { source: id });
    patch(box.querySelector("div"), answer.lines.length
      ? h("ol", { class: "context many", tabindex: 0, "aria-label": "Lines that nobody knew" }, answer.lines.map(({ line, text }) =>
        h("li", {}, h("span", { class: "soft" }, `${line} `), text)))
      : h("p", { class: "soft" }, answer.reason || "None near its end."));
  } }, h("summary", {}, `${plural(count, "line tells", "lines tell")} of nothing that is followed here`), h("div", { "data-keep": true }));
}
