"""Blocks become events. One Parser per source; what it remembers is small, and JSON-able."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from logdiag.formats.fields import SLOTS
from logdiag.formats.pack import Formats
from logdiag.formats.recognise import Opened, at_once, decoded, recognise
from logdiag.formats.timestamps import Clock, TimePolicy
from logdiag.model import Block, Event

# Lines in front of an event without a time that are asked for theirs. Half of a mixed log's lines
# have none (morgan beside winston); farther back, another line's time says little.
LOOK_BACK = 8
# Hits of one line that are followed up. A hostile line of a mebibyte has 50,000 of them; an honest
# one that no pattern knew after this many is unknown.
MAX_HITS = 8
MAX_LOOKED_AT = 16_384  # bytes; a longer line is no place to look for the time of another
_LINE_FEED = 10
_new = tuple.__new__  # makes a named tuple in half of its own constructor's time

_TIME, _SOURCE, _OFFSET = SLOTS["time"], SLOTS["source"], SLOTS["offset"]
_LINE, _ARRIVED = SLOTS["line"], SLOTS["arrived"]


class Parser:
    """Turns the blocks of one source, in order, into events.

    However the source's bytes are cut into blocks (at line ends), events and state come out the
    same. `state` is what an earlier parser's `state()` gave; parsing goes on from there.
    """

    def __init__(
        self, formats: Formats, policy: TimePolicy, state: Mapping[str, Any] | None = None
    ) -> None:
        self.adopt(formats)
        self._clock = Clock(policy)
        known = state or {}
        self.lines: int = known.get("lines", 0)
        self.recognised: int = known.get("recognised", 0)
        self.bad_times: int = known.get("bad_times", 0)
        self._clock.last = known.get("last_time")
        self._counts: Counter[str] = Counter(known.get("packs", {}))
        self._recent: list[bytes | int | None] = list(known.get("recent", []))

    def adopt(self, formats: Formats) -> None:
        """Read what comes by other formats."""
        self._scanner = formats.scanner
        self._packs = {pattern.name: pattern.pack for pattern in formats.patterns.values()}

    @property
    def last_time(self) -> int | None:
        """The time (ns) of the source's last event that had one."""
        return self._clock.last

    @property
    def format(self) -> str | None:
        """The pack that knew most of the lines so far; None before the first one."""
        return max(self._counts, key=lambda pack: (self._counts[pack], pack), default=None)

    @property
    def unknown(self) -> int:
        """Lines that became no event."""
        return self.lines - self.recognised

    def state(self) -> dict[str, Any]:
        """All that is remembered, as plain JSON types."""
        return {
            "lines": self.lines, "recognised": self.recognised, "bad_times": self.bad_times,
            "last_time": self._clock.last, "packs": dict(self._counts),
            "recent": [self._time_of(line) for line in self._recent],
        }  # fmt: skip

    def parse(self, block: Block) -> list[Event]:
        """The events of a block's lines, in order."""
        if block.arrived is not None:
            self._clock.reference = block.arrived
        # Two passes: counting line feeds streams the whole block through the processor's cache,
        # which costs the code that recognises lines half its speed when done in between.
        found = self._recognise(block.data)
        return self._number(found, block)

    def _recognise(self, data: bytes) -> list[tuple[int, list[Any]]]:
        """Where each event's line begins, and its slots without source, offset, line, arrived."""
        found: list[tuple[int, list[Any]]] = []
        begin, end = 0, -1  # of the line at hand, without its line feed
        behind = 0  # what lies behind the last event
        text, opened, tries = "", None, 0  # the line, and how often it may still be tried
        choices, clock = self._scanner.choices, self._clock
        for literal, start, stop in self._scanner.find(data):
            if start >= end:
                begin = data.rfind(b"\n", 0, start) + 1
                end = data.find(b"\n", stop)
                end = len(data) if end < 0 else end
                text, opened, tries = decoded(data[begin:end]), None, MAX_HITS
            elif tries <= 0:
                continue
            tries -= 1
            choice = choices[literal]
            values = at_once(text, choice, clock)
            if values is None:
                if choice.hopeless(text):
                    continue
                opened = opened or Opened(text, clock)
                values = recognise(opened, choice, stop - begin, clock)
                if values is None:
                    continue
                self.bad_times += opened.envelope.bad_time
            if values[_TIME] is None:
                values[_TIME] = self._time_before(data, behind, begin)
            clock.last = values[_TIME]
            self._recent.clear()
            behind, tries = end + 1, 0
            found.append((begin, values))
        self._remember(data, behind)
        return found

    def _number(self, found: list[tuple[int, list[Any]]], block: Block) -> list[Event]:
        data, source, arrived = block.data, block.source.id, block.arrived
        events: list[Event] = []
        counted, lines = 0, self.lines
        for begin, values in found:
            lines += _line_feeds(data[counted:begin])
            counted = begin
            values[_SOURCE], values[_OFFSET] = source, block.offset + begin
            values[_LINE], values[_ARRIVED] = lines + 1, arrived
            events.append(_new(Event, values))
        packs = self._packs
        self._counts.update([packs[event.pattern] for event in events])
        self.recognised += len(events)
        unended = data[-1:] not in (b"\n", b"")
        self.lines = lines + _line_feeds(data[counted:]) + unended
        return events

    def _remember(self, data: bytes, behind: int) -> None:
        """Keep the last few lines: the next block's first line may have no time."""
        lines = [line[: MAX_LOOKED_AT + 1] for line in _lines_before(data, behind, len(data))]
        self._recent = [*self._recent, *reversed(lines)][-LOOK_BACK:]

    def _time_before(self, data: bytes, behind: int, begin: int) -> int | None:
        """The time of the nearest line in front that has one; else the last event's."""
        looked = 0
        for line in _lines_before(data, behind, begin):
            looked += 1
            if (time := self._time_of(line)) is not None:
                return time
        for earlier in self._recent[max(looked - LOOK_BACK + len(self._recent), 0) :][::-1]:
            if (time := self._time_of(earlier)) is not None:
                return time
        return self._clock.last

    def _time_of(self, line: bytes | int | None) -> int | None:
        """The time that a line tells; of an earlier run's lines only the times are left."""
        if not isinstance(line, bytes):
            return line
        if len(line) > MAX_LOOKED_AT:
            return None
        return Opened(decoded(line), self._clock).envelope.time


def _line_feeds(data: bytes) -> int:
    """How many there are. `bytes.count` goes byte by byte; this one by memchr, twice as fast."""
    return len(data) - len(data.replace(b"\n", b""))


def _lines_before(data: bytes, low: int, high: int) -> Iterator[bytes]:
    """The last LOOK_BACK lines within `data[low:high]`, the last one first."""
    for _ in range(LOOK_BACK):
        if high <= low:
            return
        end = high - 1 if data[high - 1] == _LINE_FEED else high
        start = max(data.rfind(b"\n", 0, end) + 1, low)
        yield data[start:end]
        high = start
