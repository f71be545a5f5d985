"""One group as a rule sees it: at one moment, counting only what is still live now.

A rule that holds "for 90 s" is asked about the moment 90 s ago: were there, by then, enough
connections of that kind that are live to this day? So churn, which always shows some connection,
never adds up to a leak, and a late close takes its connection out of the count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Final

from logdiag.diagnosis.groups import Group, Pair
from logdiag.diagnosis.lifecycle import EPOCH, UNTIMED, Life
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.service import Service
from logdiag.diagnosis.windows import Seen
from logdiag.model import Mark

LEAST_RISE: Final = 3  # connections by which an anonymous count must have risen for good
MAX_STEPS: Final = 50  # marked openings that are looked at for a climb
SLOPE: Final = (0.7, 1.5)  # connections per marked opening; less is chance, more has another cause
CLIMB: Final = 0.75  # Kendall's tau of the valleys: how steadily they rise; chance reaches 0.5
MOST_REFUSED: Final = 2  # times for each marked opening that the same is asked for: once more
LEAST_STEPS: Final = 4  # marked openings: three that happen to climb are chance


class _Views:
    """How many were made: no two have the same number, whatever service they are of."""

    def __init__(self) -> None:
        self.made = 0


_VIEWS: Final = _Views()


class View:
    """A group, the moment it is judged at, and the window that ends there."""

    __slots__ = (
        "client", "firsts", "followed", "group", "is_now", "line", "now", "number", "place",
        "service", "then", "time", "within", "within_lines",
    )  # fmt: skip

    def __init__(
        self, service: Service, group: Group, now: int | None, moment: Moment,
        within: int, within_lines: int, *, is_now: bool,
    ) -> None:  # fmt: skip
        self.service = service
        self.group = group
        self.client = group.client  # asked for often, and worked out from its rules
        self.now = now
        self.then = moment
        self.time, self.line = moment
        self.is_now = is_now
        self.within = within
        self.within_lines = within_lines
        # What its client left behind, and the moment as that is told in.
        self.followed = service.following.of_client(self.client)
        self.place = service.following.place(moment)
        self.firsts: list[Life] | None = None  # see `replaced`
        _VIEWS.made += 1
        self.number = _VIEWS.made

    def holds(self, life: Life) -> bool:
        """Whether it had opened by the moment."""
        time, since = self.time, life.since
        if time is None or since == UNTIMED:
            return life.opened_ordinal <= self.line
        return since <= time - EPOCH

    def lives(self) -> Iterator[Life]:
        """Live connections that had opened by the moment, oldest first."""
        return filter(self.holds, self.group.lives.values())

    def count_risen(self) -> int:
        """How many opened within the window."""
        count = 0
        for life in reversed(self.group.lives.values()):
            if not self.holds(life):
                continue
            if not self.in_window(life):
                break
            count += 1
        return count

    def lives_backwards(self) -> Iterator[Life]:
        """The same, youngest first, no further back than the window."""
        for life in reversed(self.group.lives.values()):
            if not self.holds(life):
                continue
            if not self.in_window(life):
                return
            yield life

    def count_younger(self) -> int:
        """How many live connections opened since the moment."""
        youngest, count = self.group.youngest, 0
        if youngest is not None and self.holds(youngest):
            return 0
        for life in reversed(self.group.lives.values()):
            if self.holds(life):
                break
            count += 1
        return count

    def in_window(self, life: Life) -> bool:
        """Whether it opened within the window."""
        time, since = self.time, life.since
        if time is None or since == UNTIMED:
            return life.opened_ordinal > self.line - self.within_lines
        return since >= time - self.within - EPOCH

    @property
    def anonymous(self) -> bool:
        """Whether nobody can say which of the connections are left: there is only the count."""
        return self.group.anonymous

    def pairs(self, mark: str) -> Iterator[Pair]:
        """The marked openings, up to now, since the count was last zero or began to rise."""
        first = next(iter(self.group.lives.values())).opened_ordinal
        return (pair for pair in self.group.pairs if pair.mark == mark and pair.ordinal >= first)

    def risen_with(self, mark: str) -> int:
        """By how many the count rose for good, if it rose step by step with marked openings.

        Without ids the connections that are left are those above which the count never fell
        again. They are laid to the marked openings if the count climbs by about one with each of
        these, step by step, and has not fallen back since. Where the same is refused
        much more often than that, a refusal comes before any opening, whatever made it.
        """
        if len(list(islice(self.lives(), LEAST_RISE))) < LEAST_RISE:
            return 0
        held = len(self.group.lives)
        pairs: list[Pair] = []
        proofs: set[Mark] = set()
        for pair in self.pairs(mark):
            pairs.append(pair)
            proofs.add(pair.proof)
            if SLOPE[0] * len(proofs) > held:
                return 0  # in a healthy log soon, of thousands of pairs
        steps = len(proofs)
        if held > SLOPE[1] * steps:
            return 0
        if not climbs(self._valleys(pairs)):
            return 0
        refused = mark == "auth_failure" and self.service.refused_since(pairs[0].ordinal)
        return min(held, steps) if refused <= MOST_REFUSED * steps else 0

    def _valleys(self, pairs: Sequence[Pair]) -> list[int]:
        """The least count before each marked opening, and since the last one.

        What comes and goes besides lifts the count for a while; it does not lift the valleys.
        """
        valleys: dict[Mark, int] = {}
        for pair in pairs[-MAX_STEPS:]:
            valleys[pair.proof] = min(pair.valley, valleys.get(pair.proof, pair.valley))
        return [*valleys.values(), self.group.valley]

    def marked(self, mark: str) -> Iterator[Life]:
        """Live connections that carry the mark, oldest first; all of them if anonymous."""
        if self.anonymous:
            return self.lives()
        return filter(self.holds, self.group.marked.get(mark, {}).values())

    def count_marked(self, mark: str) -> int:
        """How many they are, where somebody is named."""
        marked, count = self.group.marked.get(mark), 0
        if marked is None or self.is_now:
            return 0 if marked is None else len(marked)
        for life in marked.values():
            if self.holds(life):
                count += 1
        return count

    def proofs(self, mark: str) -> int:
        """How many different lines earned live connections that mark."""
        if self.anonymous:
            return self.risen_with(mark)
        if self.is_now:
            return len(self.group.proofs.get(mark, ()))
        found: set[Mark] = set()
        for life in self.group.marked.get(mark, {}).values():
            if life.marks is not None and self.holds(life):
                found.add(life.marks[mark])
        return len(found)

    def twins(self) -> list[Life]:
        """Those marked as twins whose other one is live, too."""
        marked = self.group.marked.get("twin")
        if not marked:
            return []
        lines = {one.opened_line for one in self.group.lives.values()}
        return [one for one in marked.values() if self.holds(one) and _twin(one) in lines]

    def age(self, life: Life) -> int | None:
        """Its age at the moment, in ns; None without a clock."""
        return life.age(self.time)

    def limit(self) -> int:
        """How many live connections one client may have."""
        return self.service.limit(self.group)

    def kept(self, kind: str) -> list[Seen]:
        """Events of that kind within the window, oldest first."""
        window = self.group.windows and self.group.windows.get(kind)
        return window.events(self.then, self.within, self.within_lines) if window else []

    def events(self, *kinds: str) -> Iterator[Seen]:
        """Events of those kinds (of any, if none is named) within the window, oldest first."""
        found = [self.kept(kind) for kind in (kinds or self.group.windows or ())]
        return iter(found[0]) if len(found) == 1 else merge(*found, key=lambda seen: seen.ordinal)

    def count(self, kind: str, age: int | None = None) -> int:
        """How many events of that kind are within the window, and no older than that (ns)."""
        window = self.group.windows and self.group.windows.get(kind)
        if not window:
            return 0
        within = self.within if age is None else min(age, self.within)
        begin, end = window.span(self.then, within, self.within_lines)
        return end - begin


def _twin(life: Life) -> tuple[int, int]:
    """The line (source, offset) that opened the other one."""
    return (life.marks or {})["twin"][:2]


def climbs(counts: Sequence[int]) -> bool:
    """Whether a series climbs from step to step.

    By Kendall's tau: concordant less discordant pairs, over all pairs (Kendall, "A New Measure of
    Rank Correlation", Biometrika 30, 1938).
    """
    n = len(counts)
    if n <= LEAST_STEPS:
        return False
    rising = sum(
        (later > earlier) - (later < earlier)
        for place, later in enumerate(counts)
        for earlier in counts[:place]
    )
    return rising >= CLIMB * n * (n - 1) / 2
