"""Which of many rules are worth a look at a group, without asking each of them.

Rules that need at least so much of the same measure stand in order of how much that is: the measure
is asked once, and all that need more are out. So it is the number of different measures that costs,
not that of rules.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.possible import Bound
from logdiag.diagnosis.rules import Rule
from logdiag.diagnosis.view import Service

Ask = Callable[[Group], float]


class Candidates:
    """Rules that are looked at together, by what their conditions need."""

    def __init__(self, rules: Sequence[Rule], service: Service) -> None:
        self._rules = rules
        self._always = [place for place, rule in enumerate(rules) if rule.when.bounds is None]
        self._usual = [rules[place] for place in self._always]  # where no measure is reached
        needs: dict[str, list[tuple[float, int]]] = {}  # measure -> least, place in `rules`
        asks: dict[str, Ask] = {}
        for place, rule in enumerate(rules):
            for bound in rule.when.bounds or ():
                needs.setdefault(bound.measure, []).append((bound.least, place))
                asks[bound.measure] = _ask(bound, service)
        self._measures = [
            (asks[measure], some[0][0], [least for least, _ in some], [place for _, place in some])
            for measure, some in ((name, sorted(pairs)) for name, pairs in needs.items())
        ]

    def of(self, group: Group) -> Sequence[Rule]:
        """Those whose condition may hold for the group as it is now, in their order."""
        found: list[int] = []
        for ask, least, leasts, places in self._measures:
            value = ask(group)
            if value >= least:
                found += places[: bisect_right(leasts, value)]
        if not found:
            return self._usual
        return [self._rules[place] for place in sorted({*found, *self._always})]


def _ask(bound: Bound, service: Service) -> Ask:
    of_service = bound.of_service
    if of_service is not None:
        return lambda group: of_service(service)
    assert bound.of_group is not None
    return bound.of_group
