"""What stands around a message, peeled off layer by layer: the prefix varies more than the message.

A docker line of a process manager's line of winston's line is three layers; each says something
(time, process, logger), and what is left is the message that patterns are written for.
Sources: RFC 3164, RFC 5424, the Kubernetes CRI log format, docker's json-file driver, journald's
JSON export, and the default formats of winston, pino, bunyan, structlog, python-json-logger,
Python's logging, uvicorn, NestJS, pm2, foreman, docker compose and concurrently.
"""

from __future__ import annotations

import re
from typing import Any

from logdiag.formats import attributes as attrs
from logdiag.formats.redact import plain
from logdiag.formats.timestamps import FRACTION, ISO, LEVEL, ZONE, Clock, Stamp

MAX_LAYERS = 16  # of text within one message
MAX_NESTED = 4  # JSON within JSON
MAX_STARTS = 8  # places after separators in an unknown prefix where a pattern is tried
MAX_PREFIX = 512  # characters in which those separators are looked for
MAX_METADATA = 4  # places where a trailing object may begin

_LAYERS = re.compile(
    rf"""
      (?P<level>{LEVEL}(?=[:\s|\]])(?::(?=\s)|\s*\||(?=\s))\s*)
    | (?P<brackets>\[\s*{LEVEL}\s*\]:?\s*)
    | (?P<pylog>{LEVEL}:(?P<pylogger>[A-Za-z_][\w.]{{0,99}}):)
    | (?P<nest>\[Nest\]\s(?P<nestpid>\d{{1,10}})\s+-\s)
    | (?P<index>\[(?:pid[ :=]{{1,2}})?(?P<indexid>\d{{1,10}})\]:?\s)
    | (?P<pm2>(?P<pm2id>\d{{1,5}})\|[\w.@/-]{{1,64}}\s*+\|\s)
    | (?P<compose>(?P<name>[A-Za-z][\w.-]{{0,63}})\s*+\|\s)
    | (?P<cri>(?:stdout|stderr)\s[FP]\s)
    | (?P<rfc5424><\d{{1,3}}>1\s(?=\d{{4}}-|-\s))
    | (?P<priority><\d{{1,3}}>)
    | (?P<symbol>[^\w\s\x00-\x7f]{{1,4}}\s\s*+)
    | (?P<separator>[-|:,]\s\s*+|\s\s*+)
    """,
    re.VERBOSE,
)
# The commonest prefix in one go: what the steps below would find one after the other.
_COMMON_PREFIX = re.compile(rf"{ISO}{FRACTION}{ZONE}\s\s*+(?>({LEVEL}:\s\s*+)?)(?=[A-Za-z/(])")
_HOST_AND_TAG = re.compile(
    r"\s(?P<host>[\w.:-]{1,255})\s(?P<tag>[\w./@-]{1,64})(?:\[(?P<pid>\d{1,10})\])?:\s"
)
_FIELDS_5424 = re.compile(
    r"\s(\S{1,255})\s(\S{1,48})\s(\S{1,128})\s(\S{1,32})\s(?:-|(?:\[(?>(?:[^\"\]]|\"(?>(?:[^\"\\]|\\.)*)\")*)\])+)\s?\ufeff?"
)
_SEPARATOR = re.compile(r"(?:: |\] |\| | - )(?>(?:[^\w\s\x00-\x7f]{1,4}\s\s*+)?)")
_ELAPSED = re.compile(r" \+\d{1,9}(?:ms|s|m|h|d)$")  # the npm package debug, and NestJS


class Envelope:
    """A line opened: `text[start:end]` is the message, and what the layers around it said."""

    __slots__ = ("attributes", "bad_time", "before_level", "end", "layers", "logger", "process",
                 "rank", "start", "text", "time")  # fmt: skip

    def __init__(self, text: str) -> None:
        self.text = text
        self.start = 0
        self.end = len(text)
        self.before_level = -1  # where the last level word stood: it may belong to the message
        self.time: int | None = None
        self.rank = -1
        self.bad_time = False
        self.process: str | None = None
        self.logger = ""  # everything in front of the message, and the logger a JSON line names
        self.attributes: dict[str, Any] | None = None
        self.layers: list[str] = []

    def stamp(self, stamp: Stamp) -> None:
        """Take a timestamp unless an earlier one of the line was surer. Inner ones win ties."""
        self.bad_time = self.bad_time or stamp.bad
        if stamp.time is not None and stamp.rank >= self.rank:
            self.time, self.rank = stamp.time, stamp.rank

    def starts(self, limit: int) -> list[int]:
        """Where a message may begin in an unknown prefix: behind separators, up to `limit`."""
        found = [self.before_level] if self.before_level >= 0 else []
        for match in _SEPARATOR.finditer(
            self.text, self.start, min(limit, self.start + MAX_PREFIX)
        ):
            found.append(match.end())
            if len(found) >= MAX_STARTS:
                break
        return found


def peel(text: str, clock: Clock) -> Envelope:
    """Open a line (without line ending or colours) down to its message."""
    envelope = Envelope(text)
    for _ in range(MAX_NESTED):
        _peel_text(envelope, clock)
        if not _peel_json(envelope, clock):
            break
    _peel_tail(envelope, clock)
    return envelope


def _peel_text(envelope: Envelope, clock: Clock) -> None:
    text, end = envelope.text, envelope.end
    pos = begin = envelope.start
    if not begin and text[:2] == "20" and (common := _COMMON_PREFIX.match(text)):
        pos = _peel_common(envelope, clock, common)
    for _ in range(MAX_LAYERS):
        if pos >= end or text[pos] == "{":
            break
        stamp = clock.at(text, pos + 1 if text[pos] == "[" else pos)
        if stamp is not None and _ends_stamp(text, pos, stamp.end):
            envelope.stamp(stamp)
            envelope.layers.append("timestamp")
            pos = stamp.end + (text[pos] == "[")
            pos = _behind_stamp(envelope, pos)
            continue
        match = _LAYERS.match(text, pos, end)
        if match is None:
            break
        if match.lastgroup != "separator":
            _note(envelope, match, pos)
        pos = match.end()
        if envelope.layers and envelope.layers[-1] == "rfc5424":
            pos = _behind_5424(envelope, clock, pos)
    envelope.start = pos
    if pos > begin:
        envelope.logger += text[begin:pos]


def _peel_common(envelope: Envelope, clock: Clock, match: re.Match[str]) -> int:
    envelope.stamp(clock.iso(match))
    envelope.layers.append("timestamp")
    if match[4] is None:
        behind = match.end(3) if match[3] else max(match.end(2), match.end(1))
        return max(_behind_stamp(envelope, behind), match.end())
    envelope.layers.append("level")
    envelope.before_level = match.start(4)
    return match.end()


def _ends_stamp(text: str, pos: int, end: int) -> bool:
    following = text[end : end + 1]
    return following == "]" if text[pos] == "[" else not (following.isalnum() or following == "|")


def _note(envelope: Envelope, match: re.Match[str], pos: int) -> None:
    kind = match.lastgroup or ""
    if kind == "level":
        envelope.before_level = pos
    process = match["nestpid"] or match["indexid"] or match["pm2id"] or match["name"]
    if process:
        envelope.process = process
    envelope.layers.append(kind)


def _behind_stamp(envelope: Envelope, pos: int) -> int:
    """Syslog's host and tag behind its timestamp."""
    match = _HOST_AND_TAG.match(envelope.text, pos, envelope.end)
    if match is None or not (match["pid"] or envelope.rank == 1):
        return pos
    envelope.process = match["pid"] or envelope.process
    envelope.layers.append("syslog")
    return match.end()


def _behind_5424(envelope: Envelope, clock: Clock, pos: int) -> int:
    stamp = clock.at(envelope.text, pos)
    if stamp is not None:
        envelope.stamp(stamp)
        pos = stamp.end
    elif envelope.text.startswith("-", pos):
        pos += 1
    match = _FIELDS_5424.match(envelope.text, pos, envelope.end)
    if match is None:
        return pos
    if match[3] != "-":
        envelope.process = match[3]
    return match.end()


def _peel_json(envelope: Envelope, clock: Clock) -> bool:
    """Open a message that is a JSON object or logfmt; True where a text lies within it."""
    text = envelope.text
    if text.startswith("{", envelope.start) and text.endswith("}", 0, envelope.end):
        found, kind = attrs.load(text[envelope.start : envelope.end]), "json"
    else:
        found, kind = attrs.logfmt(text, envelope.start, envelope.end), "logfmt"
    inner = attrs.message(found) if found else None
    if found is None or (inner is None and kind == "logfmt"):
        return False
    envelope.layers.append(kind)
    _take(envelope, clock, found)
    envelope.text = plain(inner.rstrip()) if inner is not None else ""
    envelope.start, envelope.end, envelope.before_level = 0, len(envelope.text), -1
    return bool(envelope.text)


def _peel_tail(envelope: Envelope, clock: Clock) -> None:
    """Cut off the metadata that winston and console.log print behind a message."""
    text = envelope.text
    if elapsed := _ELAPSED.search(text, max(envelope.start, envelope.end - 16), envelope.end):
        envelope.end = elapsed.start()
    if not text.endswith("}", envelope.start, envelope.end):
        return
    at = envelope.start
    for _ in range(MAX_METADATA):
        at = text.find(" {", at + 1, envelope.end)
        if at < 0:
            return
        tail = text[at + 1 : envelope.end]
        found = attrs.load(tail) or attrs.inspected(tail)
        if found is not None:
            envelope.layers.append("metadata")
            envelope.end = at
            _take(envelope, clock, found)
            return


def cut_pairs(envelope: Envelope, clock: Clock) -> bool:
    """Cut `key=value` pairs off the message's end, as structlog's console prints them; False: none.

    Only once no pattern knew the message with them: many messages have such pairs of their own.
    """
    found = attrs.pairs_behind(envelope.text, envelope.start, envelope.end)
    if found is None:
        return False
    envelope.end, pairs = found
    envelope.layers.append("metadata")
    _take(envelope, clock, pairs)
    return True


def _take(envelope: Envelope, clock: Clock, found: dict[str, Any]) -> None:
    """What a JSON object says beside its message."""
    for key in attrs.TIME_KEYS:
        if stamp := _stamp(clock, key, found.get(key)):
            envelope.stamp(stamp)
            break
    envelope.process = attrs.first_text(found, attrs.PROCESS_KEYS) or envelope.process
    if logger := attrs.first_text(found, attrs.LOGGER_KEYS):
        envelope.logger += f"{logger} "
    envelope.attributes = {**(envelope.attributes or {}), **found}


def _stamp(clock: Clock, key: str, value: object) -> Stamp | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        if not value.isdigit():
            return clock.at(value)
        value = int(value[:20])
    return clock.number(value)
