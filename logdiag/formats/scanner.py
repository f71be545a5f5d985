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
    """A pattern as it is tried: its expression, and which event slots the groups fill."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.time_group = 0
        self.base: list[Any] = [None] * len(SLOTS)
        for slot, value in (("kind", pattern.event), ("pattern", pattern.name),
                            ("layer", pattern.layer), *pattern.set):  # fmt: skip
            self.base[SLOTS[slot]] = value
        groups: list[int] = []
        slots: list[int] = []
        converts: list[Convert | None] = []
        for number, (name, convert) in enumerate(pattern.program.fields, 1):
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

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """What takes the whole of such a message."""
        program = self.pattern.program
        return program.regex or re.compile(rf"(?:{program.source})\s*+")


# In front of a template's message, a timestamp and a level, as most lines have them; three groups.
PLAIN_PREFIX = re.compile(rf"(?>(?:{ISO}{FRACTION}{ZONE}\s\s*+)?)(?>(?:{LEVEL}:\s\s*+)?)")


class Choice:
    """The patterns that one literal leads to: templates, and the rest, which is tried after them.

    The rest are patterns with a condition (`where`, `prefix`) or a raw `regex`.
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
    def rest(self) -> tuple[Candidate, ...]:
        """Patterns tried one by one."""
        return tuple(Candidate(pattern) for pattern in self.patterns if not _is_plain(pattern))

    @cached_property
    def _templates(self) -> tuple[Candidate, ...]:
        return tuple(Candidate(pattern) for pattern in self.patterns if _is_plain(pattern))

    @cached_property
    def _heads(self) -> re.Pattern[str]:
        """The templates' heads as one alternation; an empty group behind each tells which it was.

        Whole templates would make ten times the groups, and groups are what matching costs most.
        """
        heads = (f"(?:{one.pattern.program.head})()" for one in self._templates)
        return re.compile("|".join(heads) or r"(?!)")

    @cached_property
    def _by_index(self) -> dict[int | None, tuple[Candidate, ...]]:
        """For each such empty group, its template and those behind it."""
        found: dict[int | None, tuple[Candidate, ...]] = {}
        group = 0
        for place, one in enumerate(self._templates):
            group += one.pattern.program.head_fields + 1
            found[group] = self._templates[place:]
        return found

    def find(
        self, text: str, start: int, end: int
    ) -> tuple[Candidate, re.Match[str]] | tuple[None, None]:
        """The first template that takes all of `text[start:end]`."""
        head = self._heads.match(text, start, end)
        if head is not None:
            for candidate in self._by_index[head.lastindex]:
                match = candidate.expression.fullmatch(text, start, end)
                if match is not None:
                    return candidate, match
        return None, None


def _is_plain(pattern: Pattern) -> bool:
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
