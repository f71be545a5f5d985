"""Which of many rules are worth a look at a group, without asking each of them.

Rules that need at least so much of the same measure stand in order of how much that is: the measure
is asked once, and all that need more are out. So it is the number of different measures that costs,
not that of rules.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.possible import Bound
from logdiag.diagnosis.rules import Rule
from logdiag.diagnosis.service import Service

MAX_FOUND: Final = 1_000  # sets of rules kept: mostly it is one of a few


class _Need:
    """How much of one measure rules need: in rising order, each with the rule's place."""

    __slots__ = ("all", "ask", "least", "leasts", "most", "reached", "sign")

    def __init__(self, bound: Bound, needs: Iterable[tuple[float, int]]) -> None:
        self.ask = bound.ask
        self.sign = float(bound.sign)
        self.leasts: list[float] = []
        self.reached = [0]  # by how many of them are: the places, as a set of bits
        for least, place in sorted(needs):
            self.leasts.append(least)
            self.reached.append(self.reached[-1] | 1 << place)
        self.least, self.most = float(self.leasts[0]), float(self.leasts[-1])
        self.all = self.reached[-1]


class Candidates:
    """Rules that are looked at together, by what their conditions need."""

    def __init__(self, rules: Sequence[Rule], service: Service) -> None:
        self._rules = rules
        self._service = service
        self._always = sum(1 << n for n, rule in enumerate(rules) if rule.when.bounds is None)
        self._found: dict[int, list[Rule]] = {}  # by places, as a set of bits
        needs: dict[str, list[tuple[float, int]]] = {}  # measure -> least, place in `rules`
        asks: dict[str, Bound] = {}
        for place, rule in enumerate(rules):
            for bound in rule.when.bounds or ():
                needs.setdefault(bound.measure, []).append((bound.least, place))
                asks[bound.measure] = bound
        self._needs = [_Need(asks[measure], some) for measure, some in needs.items()]

    def of(self, group: Group) -> Sequence[Rule]:
        """Those whose condition may hold for the group as it is now, in their order."""
        places = self._always
        for need in self._needs:
            value = need.sign * need.ask.of(group, self._service)
            if value >= need.most:
                places |= need.all
            elif value >= need.least:
                places |= need.reached[bisect_right(need.leasts, value)]
        found = self._found.get(places)
        if found is None:
            found = [rule for n, rule in enumerate(self._rules) if places >> n & 1]
            if len(self._found) < MAX_FOUND:
                self._found[places] = found
        return found
