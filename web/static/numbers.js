// A service's statistics: how long its connections live, why they close, how many clients hold.

import { h } from "./dom.js";
import { colours, figure, render } from "./figures.js";
import { facts, section, table } from "./parts.js";
import { duration, number, plural } from "./words.js";

/** The sections, as one row. `drawLifetimes` fills the element of class `lifetimes` once it stands
 *  in the page; `key` tells the ids of several services apart. */
export function numbers({ sampled, lifetimes, close_codes: codes, clients, overlap }, key = "") {
  const { quantiles } = lifetimes;
  return h("div", { class: "two", id: `numbers${key}` },
    sampled ? h("p", { class: "soft" }, `Of a sample of about ${number(sampled)} connections, and of the newest who holds how many; `,
      h("code", {}, "logdiag report --stats"), " counts them all.") : null,
    section(`lifetimes${key}`, "How long connections live",
      quantiles.count ? h("figure", { class: "card" },
        h("div", { class: "lifetimes", "data-keep": true, role: "img", "aria-label": "Histogram of lifetimes" }),
        h("figcaption", {}, `Of ${number(quantiles.count)} that closed, half lived at most `
          + `${duration(quantiles.p50)}, 95% at most ${duration(quantiles.p95)}, the longest ${duration(quantiles.max)}.`))
        : h("p", { class: "soft" }, "None with a known length has closed yet.")),
    section(`closes${key}`, "Why they close, who holds how many",
      codes.length ? table("Close codes", [["Code"], ["Meaning"], ["Connections", "number"]],
        codes.map(({ code, name, count }) => [code ?? "", name, number(count)])) : null,
      facts([
        ["Per client", clients.peak.count ? `half hold at most ${number(clients.peak.p50)} at once, `
          + `95% at most ${number(clients.peak.p95)}; the most, ${number(clients.most)}, ${clients.most_client}` : null],
        ["Client not told", clients.nobodys ? plural(clients.nobodys, "connection") : null],
        ["Reopened", overlap.reopened ? `${plural(overlap.reopened, "time")}, ${number(overlap.overlapping)} `
          + "while the one before was still live" : null],
      ])));
}

/** Draws the histogram into its place, if it has one. */
export function drawLifetimes(place, { lifetimes: { histogram } }) {
  if (!place) return;
  const names = histogram.map(({ up_to: most }) => (most == null ? "longer" : `≤ ${duration(most)}`));
  const counts = histogram.map(({ count }) => count);
  if (place.source) {
    place.range.factors = names;
    place.source.data = { names, counts };
    return;
  }
  const inks = colours();
  place.source = new Bokeh.ColumnDataSource({ data: { names, counts } });
  place.range = new Bokeh.FactorRange({ factors: names });
  const bars = figure({ height: 190, x_range: place.range, min_border_bottom: 24 }, inks);
  for (const grid of bars.xgrid) grid.visible = false;
  if (names.length > 6) for (const axis of bars.xaxis) axis.major_label_orientation = 0.6;
  bars.y_range.setv({ start: 0, range_padding: 0.08 });
  bars.vbar({ field: "names" }, 0.8, { field: "counts" }, 0, { source: place.source,
    fill_color: inks.open, line_color: inks.open });
  bars.add_tools(new Bokeh.HoverTool({ tooltips: [["lived", "@names"], ["connections", "@counts"]] }));
  render(bars, place);
}
