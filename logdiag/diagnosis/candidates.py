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

# The least of all, that of each rule, and the rules' places.
_Needs = tuple[float, list[float], list[int]]


class Candidates:
    """Rules that are looked at together, by what their conditions need."""

    def __init__(self, rules: Sequence[Rule], service: Service) -> None:
        self._rules = rules
        self._service = service
        self._always = [place for place, rule in enumerate(rules) if rule.when.bounds is None]
        self._usual = [rules[place] for place in self._always]  # where no measure is reached
        needs: dict[str, list[tuple[float, int]]] = {}  # measure -> least, place in `rules`
        asks: dict[str, Bound] = {}
        for place, rule in enumerate(rules):
            for bound in rule.when.bounds or ():
                needs.setdefault(bound.measure, []).append((bound.least, place))
                asks[bound.measure] = bound
        self._of_group: list[tuple[Callable[[Group], float], _Needs]] = []
        self._of_service: list[tuple[Callable[[Service], float], int, _Needs]] = []
        for measure, some in needs.items():
            least, places = map(list, zip(*sorted(some), strict=True))
            bound, need = asks[measure], (least[0], least, places)
            if bound.of_group is not None:
                self._of_group.append((bound.of_group, need))
            elif bound.of_service is not None:
                self._of_service.append((bound.of_service, bound.sign, need))

    def of(self, group: Group) -> Sequence[Rule]:
        """Those whose condition may hold for the group as it is now, in their order."""
        found: list[int] = []
        for of_group, (least, leasts, places) in self._of_group:
            value = of_group(group)
            if value >= least:
                found += places[: bisect_right(leasts, value)]
        for of_service, sign, (least, leasts, places) in self._of_service:
            value = sign * of_service(self._service)
            if value >= least:
                found += places[: bisect_right(leasts, value)]
        if not found:
            return self._usual
        return [self._rules[place] for place in sorted({*found, *self._always})]
