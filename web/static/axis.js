// The one time axis that charts and lanes share: milliseconds in the viewer's zone, or lines.

import { local, number } from "./words.js";

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((n) => n * DAY),
];

/** At most `most` round places between `from` and `to`: [{at, label}]. */
export function ticks(unit, from, to, most) {
  const least = (to - from) / Math.max(1, most);
  const step = unit === "ms" ? STEPS.find((one) => one >= least) ?? 365 * DAY : wholeStep(least);
  // midnight and full hours are those of the viewer's zone
  const offset = unit === "ms" ? new Date(from).getTimezoneOffset() * MINUTE : 0;
  const found = [];
  for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) {
    found.push({ at, label: unit === "ms" ? timeLabel(at, step) : number(at) });
  }
  return found;
}

function wholeStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((n) => n * power).find((one) => one >= least) ?? 10 * power;
}

function timeLabel(at, step) {
  const parts = { hour: "2-digit", minute: "2-digit" };
  if (step >= DAY) return local(at, { day: "numeric", month: "short" });
  if (step < MINUTE) parts.second = "2-digit";
  if (step < SECOND) parts.fractionalSecondDigits = 3;
  const midnight = new Date(at).toTimeString().startsWith("00:00:00");
  return midnight && step >= MINUTE ? local(at, { day: "numeric", month: "short" })
    : local(at, parts);
}

/** The window that a zoom by `factor` around its middle leaves, never narrower than a moment. */
export function zoomed({ from, to }, factor) {
  const middle = (from + to) / 2, half = Math.max(1, ((to - from) * factor) / 2);
  return { from: Math.round(middle - half), to: Math.round(middle + half) };
}

/** The window moved by a share of its width. */
export function panned({ from, to }, share) {
  const by = Math.round((to - from) * share);
  return { from: from + by, to: to + by };
}

/** The window cut to what there is; null where it holds everything. */
export function within(axis, { from, to }) {
  const length = axis.to - axis.from;
  if (to - from >= length) return null;
  const start = Math.min(Math.max(from, axis.from), axis.to - (to - from));
  return { from: start, to: start + (to - from) };
}
