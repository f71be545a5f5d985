"""One line that hit a literal: opened, matched, its fields filled. Parser and explain both use it."""

from __future__ import annotations

import re
from typing import Any

from logdiag.formats import attributes as attrs
from logdiag.formats.envelopes import Envelope, cut_pairs, peel
from logdiag.formats.fields import SLOTS, Value
from logdiag.formats.redact import MAX_TEXT, plain, redact, suspicious
from logdiag.formats.scanner import Candidate, Choice
from logdiag.formats.timestamps import Clock
from logdiag.model import Event

_SLOT_COUNT = len(Event._fields)
_TEXT = SLOTS["text"]
_FIRST_FIELD = SLOTS["connection"]
_PROCESS = SLOTS["process"]


class Opened:
    """A line out of its bytes, and out of its envelope."""

    __slots__ = ("envelope", "limit", "text")

    def __init__(self, data: bytes, clock: Clock) -> None:
        text = data.decode("utf-8", "backslashreplace")
        self.text = plain(text).rstrip()
        self.envelope = peel(self.text, clock)
        # Behind a hit no pattern begins; where the text is not the bytes, no hit's place is known.
        same = len(text) >= len(self.text) == len(text.rstrip()) and self.envelope.text is self.text
        self.limit = 0 if same else len(self.envelope.text)


def recognise(line: Opened, choice: Choice, hit_end: int, clock: Clock) -> list[Any] | None:
    """The event's slots in order (model.Event's; source, offset, line and arrived unset), or None.

    `hit_end`: where, in the line's bytes, the literal that led here ends.
    """
    envelope = line.envelope
    found = _match_anywhere(line, choice, hit_end, clock)
    if found is None and "=" in envelope.text:
        end = envelope.end
        if cut_pairs(envelope, clock):
            found = _match_anywhere(line, choice, hit_end, clock)
            envelope.end = end  # for the line's next hit
    if found is None:
        return None
    found[SLOTS["time"]] = envelope.time
    _make_safe(found, line.text, envelope.attributes is not None)
    return found


def _match_anywhere(
    line: Opened, choice: Choice, hit_end: int, clock: Clock
) -> list[Any] | None:
    envelope = line.envelope
    if found := _match(envelope, choice, envelope.start, clock):
        return found
    for start in envelope.starts(line.limit or hit_end):
        if found := _match(envelope, choice, start, clock):
            return found
    return None


def _match(envelope: Envelope, choice: Choice, start: int, clock: Clock) -> list[Any] | None:
    text, end = envelope.text, envelope.end
    for candidate, expression in choice.single:
        prefix = candidate.pattern.prefix
        if prefix and not _stands_in(prefix, envelope, start):
            continue
        match = expression.fullmatch(text, start, end)
        if match is not None:
            values = _values(candidate, match, envelope, clock)
            if _holds(candidate, values):
                return values
    if choice.fused is None:
        return None
    match = choice.fused.fullmatch(text, start, end)
    if match is None:
        return None
    return _values(choice.by_index[match.lastindex or 0], match, envelope, clock)


def _stands_in(prefix: tuple[str, ...], envelope: Envelope, start: int) -> bool:
    before = envelope.logger + envelope.text[envelope.start : start]
    return any(text in before for text in prefix)


def _holds(candidate: Candidate, values: list[Any]) -> bool:
    return all(values[SLOTS[name]] in wanted for name, wanted in candidate.pattern.where)


def _values(
    candidate: Candidate, match: re.Match[str], envelope: Envelope, clock: Clock
) -> list[Any]:
    values = candidate.base.copy()
    # strict=False: the groups end in fillers, see Candidate.
    for (slot, convert), text in zip(candidate.slots, match.group(*candidate.groups), strict=False):
        if text is not None and values[slot] is None:
            values[slot] = convert(text) if convert else text
    if candidate.time_group and (stamp := clock.at(match[candidate.time_group])):
        envelope.stamp(stamp)
    if envelope.attributes:
        _fill(values, attrs.fields(envelope.attributes))
    if envelope.process is not None and values[_PROCESS] is None:
        values[_PROCESS] = envelope.process
    return values


def _fill(values: list[Any], found: dict[str, Value]) -> None:
    for name, value in found.items():
        slot = SLOTS[name]
        if values[slot] is None:
            values[slot] = value


def _make_safe(values: list[Any], text: str, decoded: bool) -> None:
    """Secrets and controls out of everything that is kept. The common line needs one look."""
    if not decoded and len(text) <= MAX_TEXT and text.isprintable() and not suspicious(text):
        values[_TEXT] = text
        return
    values[_TEXT] = redact(text)
    for slot in range(_FIRST_FIELD, _SLOT_COUNT):
        if isinstance(values[slot], str):
            values[slot] = redact(values[slot])
