// How times, durations, numbers and states are written for people.

import { h } from "./dom.js";

const LANGUAGE = "en-GB";
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const IN_UTC = /^(Etc\/)?(UTC|GMT)$/.test(ZONE);

/** In which zone times are told. */
export const ZONE_TOLD = IN_UTC ? "Times are in UTC."
  : `Times are in ${ZONE}; point at one for UTC.`;

const DAY_AND_TIME = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  second: "2-digit" };
const formats = new Map();

function format(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(LANGUAGE, options));
  return formats.get(key);
}

/** A time (Date, ms or ISO 8601) in the viewer's zone. */
export function local(at, options = DAY_AND_TIME) {
  const date = new Date(at);
  const year = date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return format(options === DAY_AND_TIME ? { ...options, ...year } : options).format(date);
}

/** The same in UTC, to the millisecond. */
export const utc = (at) => new Date(at).toISOString().replace("T", " ").replace("Z", " UTC");

/** The same where the viewer's zone is another one. */
export const utcBeside = (at) => (IN_UTC ? "" : utc(at));

/** A <time> in the viewer's zone that tells UTC on hover; `none` where there is no time. */
export function time(at, none = "", options = DAY_AND_TIME) {
  if (at == null) return none;
  return h("time", { datetime: new Date(at).toISOString(), title: utc(at) }, local(at, options));
}

export const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
export const PRECISE = { ...CLOCK, fractionalSecondDigits: 3 };

/** A place on an axis, which counts milliseconds or lines. */
export function place(axis, at) {
  if (at == null) return "";
  return axis.unit === "ms" ? time(at) : `line ${number(at)}`;
}

export const number = (value) => value.toLocaleString(LANGUAGE);

/** "1 line", "2 lines". */
export const plural = (count, noun, nouns = `${noun}s`) =>
  `${number(count)} ${count === 1 ? noun : nouns}`;

/** Seconds in at most two units: 0.3 s, 12 s, 4 min 10 s, 2 d 4 h. */
export function duration(seconds) {
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  for (const [size, unit, smaller, name] of
    [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]]) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / smaller);
    return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${name}` : ""}`;
  }
  return `${whole} s`;
}

/** Bytes: 812 B, 18.7 kB. */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes, unit = 0;
  while (value >= 999.95 && unit < units.length - 1) { value /= 1000; unit += 1; }
  return unit ? `${value.toFixed(1)} ${units[unit]}` : `${bytes} B`;
}

/** Long names, shortened in the middle where their ends tell them apart. */
export function short(text, most = 28) {
  if (text.length <= most) return text;
  const half = Math.floor((most - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

export const STATES = {
  leaked: "leaked", connecting: "connecting", open: "open", closing: "closing", closed: "closed",
  rejected: "refused", superseded: "ended by a restart", unknown: "unknown",
};
export const VERDICTS = { leak: "Leaking", clean: "Clean", cannot_tell: "Cannot tell" };
export const FINDING_STATES = {
  firing: "firing", pending: "pending", resolved: "resolved",
};
export const GUARD_OUTCOMES = { no: "ruled out", yes: "applies", cannot_tell: "cannot tell" };
export const CLOCKS = {
  event: "times from the log", arrival: "no times in the log: those of arrival",
  lines: "no clock: lines are counted instead of seconds",
};
export const IDENTITIES = {
  id: "connections told apart by id", address: "connections told apart by address and port",
  count: "connections counted, which one closed is inferred",
};

export const KNOWN_BY = {
  user: "clients are known by user", session: "clients are known by session",
  path: "clients are known by an id in the path",
  agent: "clients are known by address and user agent",
  address: "clients are known by address only, which offices share",
  none: "the log does not tell clients apart",
};

/** Whom a finding is about, as "client 192.0.2.7, path /ws". */
export function who({ group, known_by: by }) {
  const parts = Object.entries(group).map(([name, value]) => `${name} ${value}`);
  return parts.join(", ") || `nobody in particular: ${KNOWN_BY[by]}`;
}

/** The first sentence of a finding's note, to stand within another one. */
export function lead(note) {
  const [first] = note.split(". ");
  return first.charAt(0).toLowerCase() + first.slice(1);
}

/** Identifiers as words: mass_reconnect is "mass reconnect". */
export const spaced = (name) => name.replaceAll("_", " ");
