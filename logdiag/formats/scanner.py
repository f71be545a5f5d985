"""Finds the lines worth looking at: one multi-literal scan over a block, no Python per line.

`ahocorasick_rs` with leftmost-first matching searches with SIMD while there are few literals with
rare beginnings (see the tests for the bound). It reports matches that do not overlap, so a hit
may hide another pattern's literal: each literal therefore leads to the patterns of every literal
that may overlap with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ahocorasick_rs import BytesAhoCorasick, MatchKind

from logdiag.formats.fields import SLOTS, Convert
from logdiag.formats.timestamps import FRACTION, ISO, LEVEL, ZONE

if TYPE_CHECKING:
    from logdiag.formats.pack import Pattern

MAX_NEEDED = 4  # texts to look for in a line before it is opened; more cost more than they save
MIN_SHARED = 8  # a literal this long may stand in for longer ones that contain it
Hit = tuple[int, int, int]  # literal, start, end


class Candidate:
    """A pattern within a `Choice`: where its groups are, and which event slots they fill."""

    __slots__ = ("base", "converts", "groups", "pattern", "slots", "time_group")

    def __init__(self, pattern: Pattern, offset: int) -> None:
        self.pattern = pattern
        self.time_group = 0
        self.base: list[Any] = [None] * len(SLOTS)
        for slot, value in (("kind", pattern.event), ("pattern", pattern.name),
                            ("layer", pattern.layer), *pattern.set):  # fmt: skip
            self.base[SLOTS[slot]] = value
        groups: list[int] = []
        slots: list[int] = []
        converts: list[Convert | None] = []
        for number, (name, convert) in enumerate(pattern.program.fields, offset + 1):
            if name == "time":
                self.time_group = number
            elif name in SLOTS:
                groups.append(number)
                slots.append(SLOTS[name])
                converts.append(convert)
        # Two groups at least, so that Match.group gives a tuple.
        self.groups = (*groups, 0, 0) if len(groups) < 2 else tuple(groups)
        self.slots = tuple(slots)
        self.converts = tuple(converts)


# In front of a fused expression: a timestamp and a level, as most lines have them; 3 groups.
PLAIN_PREFIX = rf"(?:{ISO}{FRACTION}{ZONE}\s\s*+)?+(?:{LEVEL}:\s\s*+)?+"
PREFIX_GROUPS = 3


class Choice:
    """The patterns that one literal leads to: templates fused into one expression, then the rest.

    A pattern with a condition (`where`, `prefix`) or a raw `regex` is tried by itself, after the
    fused ones.
    """

    def __init__(self, patterns: Sequence[Pattern], hidden: Sequence[Pattern] = ()) -> None:
        self.patterns = tuple(patterns)
        self.hidden = Choice(hidden) if hidden else None  # tried last: a hit may lie over theirs

    @cached_property
    def _needed(self) -> tuple[str, ...]:
        """Texts one of which every line has that these patterns match; empty: too many, or none."""
        needed = {max(p.program.texts, key=len, default="") for p in self.patterns}
        small = len(needed) <= MAX_NEEDED and all(needed) and self.hidden is None
        return tuple(needed) if small else ()

    def hopeless(self, text: str) -> bool:
        """Whether none of the patterns can match a line: a cheap look before it is opened."""
        needed = self._needed
        if not needed or "\x1b" in text or "#033" in text or "\\u" in text:
            return False  # colours may stand within the texts
        return not any(part in text for part in needed)

    @cached_property
    def single(self) -> tuple[tuple[Candidate, re.Pattern[str]], ...]:
        """Patterns tried one by one."""
        return tuple(
            (Candidate(p, 0), p.program.regex or re.compile(rf"(?:{p.program.source})\s*+"))
            for p in self.patterns
            if not _fusible(p)
        )

    @cached_property
    def fused(self) -> re.Pattern[str] | None:
        """All other patterns as one alternation; `lastindex` tells which one it was.

        For whole lines: in front of it, PLAIN_PREFIX may stand, whose groups come first.
        """
        sources = [rf"({p.program.source}\s*+)" for p in self.patterns if _fusible(p)]
        return re.compile(f"{PLAIN_PREFIX}(?:{'|'.join(sources)})") if sources else None

    @cached_property
    def by_index(self) -> dict[int, Candidate]:
        """The fused patterns by the number of the group around each."""
        found: dict[int, Candidate] = {}
        group = 1 + PREFIX_GROUPS
        for pattern in self.patterns:
            if _fusible(pattern):
                found[group] = Candidate(pattern, group)
                group += 1 + len(pattern.program.fields)
        return found


def _fusible(pattern: Pattern) -> bool:
    return not (pattern.where or pattern.prefix or pattern.program.regex is not None)


class Scanner:
    """The literals of all patterns as one automaton."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        chosen = _choose(patterns)
        self.literals: tuple[str, ...] = tuple(sorted({lit for lits in chosen for lit in lits}))
        pairs = tuple(zip(patterns, chosen, strict=True))
        self.choices: tuple[Choice, ...] = tuple(
            _choice(text, _hidden_by(text, self.literals), pairs) for text in self.literals
        )
        # An automaton of nothing is refused; no log has a line feed within a line.
        automaton = BytesAhoCorasick(
            [text.encode() for text in self.literals] or [b"\n\n"], MatchKind.LeftmostFirst
        )
        self._find = automaton.find_matches_as_indexes

    def find(self, data: bytes) -> list[Hit]:
        """Hits in order, none overlapping: (index into `literals`, start, end)."""
        return self._find(data) if self.literals else []


def _choice(
    literal: str, hidden_by: Collection[str], pairs: Sequence[tuple[Pattern, tuple[str, ...]]]
) -> Choice:
    direct = [pattern for pattern, own in pairs if literal in own]
    hidden = [
        pattern for pattern, own in pairs
        if literal not in own and any(other in hidden_by for other in own)
    ]  # fmt: skip
    return Choice(direct, hidden)


def _choose(patterns: Sequence[Pattern]) -> list[tuple[str, ...]]:
    """Each pattern's literals, a longer one replaced by a good shorter one that it contains."""
    pool = sorted({lit for p in patterns for lit in p.literals if len(lit) >= MIN_SHARED}, key=len)

    def shared(literal: str) -> str:
        return next((short for short in pool if short in literal), literal)

    return [tuple(dict.fromkeys(map(shared, p.literals))) for p in patterns]


def _hidden_by(literal: str, others: Iterable[str]) -> set[str]:
    """The literals over one of whose places a hit of this one may lie that begins no later."""
    return {other for other in others if other[0] in literal and _may_hide(literal, other)}


def _may_hide(literal: str, other: str) -> bool:
    starts = (at for at, letter in enumerate(literal) if letter == other[0])
    return any(literal.startswith(other, at) or other.startswith(literal[at:]) for at in starts)
