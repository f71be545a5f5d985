"""One line that hit a literal: opened, matched, its fields filled, made safe."""

from __future__ import annotations

import re
from typing import Any

from logdiag.formats import attributes as attrs
from logdiag.formats.envelopes import Envelope, cut_pairs, peel
from logdiag.formats.fields import SLOTS, Value
from logdiag.formats.redact import MAX_TEXT, plain, redact, suspicious
from logdiag.formats.scanner import PLAIN_PREFIX, Candidate, Choice
from logdiag.formats.timestamps import LEVEL, Clock
from logdiag.model import Event

_SLOT_COUNT = len(Event._fields)
_TEXT, _TIME = SLOTS["text"], SLOTS["time"]
_FIRST_FIELD = SLOTS["connection"]
_ELAPSED = 16  # characters behind which no " +12ms" can be
_PROCESS = SLOTS["process"]
# Other things have clients and connections, too. Who speaks stands right in front of the message,
# in whatever prefix the logger has, or is the logger that a JSON line names.
_OTHERS = (
    "ioredis|redis|kafkajs|kafka|mqtt|mongoose|mongodb|mongo|prisma|amqplib|amqp|rabbitmq|postgresql"
    "|postgres|pg|mysql|sequelize|typeorm|knex|nats|memcached|elasticsearch|cassandra|zookeeper|etcd"
)
_of_others: Any = re.compile(
    rf"(?<![a-z])(?:{_OTHERS})(?![a-z])[\w.@/#-]*\W*(?:{LEVEL}\W*)?$", re.IGNORECASE
).search
_of_ours: Any = re.compile(r"socket|\bws", re.IGNORECASE).search
_NEAR = 64  # characters in front of the message
_prefix: Any = PLAIN_PREFIX.match  # never None: all of it may be missing


def at_once(text: str, choice: Choice, clock: Clock) -> list[Any] | None:
    """The event of a line that is plain text with the commonest prefix or none; else None.

    A short cut of `recognise` for most lines of most logs, four times as fast: nothing is peeled.
    What needs more (colours, JSON, metadata) is left to `recognise`.
    """
    last = text[-1:]
    if last == "}" or not text.isprintable():
        return None
    if last in "smhd" and text.rfind(" +", -_ELAPSED) >= 0:
        return None
    prefix = _prefix(text)
    candidate, match = choice.find(text, prefix.end(), len(text))
    if candidate is None or match is None:
        return None
    values = candidate.base.copy()
    _groups(values, candidate, match)
    if prefix[1]:
        values[_TIME] = clock.iso_time(prefix)
        if values[_TIME] is None:
            return None
    if candidate.time_group:
        stamp = clock.at(match[candidate.time_group])
        if stamp is None or stamp.bad or prefix[1]:
            return None
        values[_TIME] = stamp.time
    if len(text) > MAX_TEXT or suspicious(text):
        _make_safe(values, text)
    else:
        values[_TEXT] = text
    return values


class Opened:
    """A line opened: its text, and what its envelope held."""

    __slots__ = ("envelope", "limit", "text")

    def __init__(self, text: str, clock: Clock) -> None:
        self.text = plain(text).rstrip()
        self.envelope = peel(self.text, clock)
        # Behind a hit no pattern begins; where the text is not the line's, no hit's place is known.
        same = self.envelope.text is self.text and text.startswith(self.text)
        self.limit = 0 if same else len(self.envelope.text)


def decoded(data: bytes) -> str:
    r"""A line's text; bytes that are no UTF-8 are shown as \xNN."""
    return data.decode("utf-8", "backslashreplace")


def recognise(line: Opened, choice: Choice, hit_end: int, clock: Clock) -> list[Any] | None:
    """The event's slots in order (model.Event's; source, offset, line and arrived unset), or None.

    `hit_end`: where, in the line's bytes, the literal that led here ends.
    """
    found = _match_anywhere(line, choice, hit_end, clock)
    if found is None and choice.hidden is not None:
        found = _match_anywhere(line, choice.hidden, hit_end, clock)
    if found is None:
        return None
    found[_TIME] = line.envelope.time
    _make_safe(found, line.text)
    return found


def _match_anywhere(line: Opened, choice: Choice, hit_end: int, clock: Clock) -> list[Any] | None:
    envelope = line.envelope
    end = envelope.end
    for _ in range(2):
        if found := _match(envelope, choice, envelope.start, clock):
            return found
        for start in envelope.starts(line.limit or hit_end):
            if found := _match(envelope, choice, start, clock):
                return found
        if "=" not in envelope.text or not cut_pairs(envelope, clock):
            break
    envelope.end = end  # for the line's next hit
    return None


def _match(envelope: Envelope, choice: Choice, start: int, clock: Clock) -> list[Any] | None:
    text, end = envelope.text, envelope.end
    template, match = choice.find(text, _prefix(text, start, end).end(), end)
    if template is not None and match is not None:
        return None if _foreign(envelope, start) else _values(template, match, envelope, clock)
    for candidate in choice.rest:
        prefix = candidate.pattern.prefix
        if prefix and not _stands_in(prefix, envelope, start):
            continue
        match = candidate.expression.fullmatch(text, start, end)
        if match is not None:
            values = _values(candidate, match, envelope, clock)
            if _holds(candidate, values):
                return values
    return None


def _stands_in(prefix: tuple[str, ...], envelope: Envelope, start: int) -> bool:
    before = envelope.logger + envelope.text[envelope.start : start]
    return any(text in before for text in prefix)


def _foreign(envelope: Envelope, start: int) -> bool:
    """Whether the message speaks of clients of another subsystem, and of no socket."""
    text = envelope.text
    before = (envelope.logger + text[envelope.start : start])[-_NEAR:]
    return bool(_of_others(before)) and not _of_ours(text, start, envelope.end)


def _holds(candidate: Candidate, values: list[Any]) -> bool:
    return all(values[SLOTS[name]] in wanted for name, wanted in candidate.pattern.where)


def _values(
    candidate: Candidate, match: re.Match[str], envelope: Envelope, clock: Clock
) -> list[Any]:
    values = candidate.base.copy()
    _groups(values, candidate, match)
    if candidate.time_group and (stamp := clock.at(match[candidate.time_group])):
        envelope.stamp(stamp)
    if envelope.attributes:
        _fill(values, attrs.fields(envelope.attributes))
    if envelope.process is not None and values[_PROCESS] is None:
        values[_PROCESS] = envelope.process
    return values


def _groups(values: list[Any], candidate: Candidate, match: re.Match[str]) -> None:
    # strict=False: the groups end in fillers, see Candidate.
    found = zip(match.group(*candidate.groups), candidate.slots, candidate.converts, strict=False)
    for text, slot, convert in found:
        if text is not None and values[slot] is None:
            values[slot] = convert(text) if convert else text


def _fill(values: list[Any], found: dict[str, Value]) -> None:
    for name, value in found.items():
        slot = SLOTS[name]
        if values[slot] is None:
            values[slot] = value


def _make_safe(values: list[Any], text: str) -> None:
    """Secrets and controls out of everything that is kept."""
    values[_TEXT] = redact(text)
    for slot in range(_FIRST_FIELD, _SLOT_COUNT):
        if isinstance(values[slot], str):
            values[slot] = redact(values[slot])
