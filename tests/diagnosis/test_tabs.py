"""A tab takes along what it has left; people leave one by one, and those cut off come back."""

from __future__ import annotations

import json

import pytest

from logdiag.diagnosis import Rule
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.tabs import Tabs
from logdiag.model import SECOND
from tests.diagnosis.builders import Log, follow

Step = tuple[str, float]  # opened or closed, and when: seconds, or the line without a clock


def after(steps: list[Step], *, clock: bool = True, live: int = 10) -> bool:
    """Whether a tab was seen; between any two steps all that is known goes through JSON."""
    tabs = Tabs()
    for step, when in steps:
        moment: Moment = (round(when * SECOND), 0) if clock else (None, int(when))
        if step == "opened":
            live += 1
            tabs.opened(moment)
        else:
            live -= 1
            tabs.closed(moment, live)
        tabs = Tabs.restored(json.loads(json.dumps(tabs.plain())))
    return tabs.seen


def closes(*when: float) -> list[Step]:
    """So many closes."""
    return [("closed", one) for one in when]


LATER: Step = ("opened", 60.0)


@pytest.mark.parametrize(
    ("steps", "seen"),
    [
        ([*closes(1.0, 1.1, 1.2, 1.3), LATER], True),
        ([*closes(1.0, 1.1, 1.2), LATER], False),
        ([*closes(1.0, 1.1, 1.4, 1.5), LATER], False),  # one by one
        (closes(1.0, 1.1, 1.2, 1.3), False),  # they may be back yet
        ([*closes(1.0, 1.1, 1.2, 1.3), ("opened", 3.0), LATER], True),  # somebody comes
        ([*closes(1.0, 1.1, 1.2, 1.3), ("opened", 3.0), ("opened", 4.0), LATER], False),
        ([*closes(1.0, 1.1, 1.2, 1.3), ("opened", 3.0), *closes(30.0)], True),
    ],
)
def test_four_at_once_that_do_not_come_back(steps: list[Step], seen: bool) -> None:
    """By the clock."""
    assert seen == after(steps)


@pytest.mark.parametrize(("live", "seen"), [(4, True), (5, True), (6, False)])
def test_without_a_clock_nearly_all_must_go(live: int, seen: bool) -> None:
    """Any closes may stand side by side in a log that nobody writes anything else to."""
    steps = [*closes(1, 2, 6, 7), LATER]
    assert seen == after(steps, clock=False, live=live)


def test_without_a_clock_others_between_them_part_them() -> None:
    """More than three lines, or an opening."""
    assert not after([*closes(1, 2, 7, 8), LATER], clock=False, live=4)
    assert not after([*closes(1, 2), ("opened", 3), *closes(4, 5), LATER], clock=False, live=4)


@pytest.mark.parametrize(("steps", "fires"), [(20, False), (60, True)])
def test_a_climb_must_outlast_what_is_usual_by_far(
    rules: list[Rule], steps: int, fires: bool
) -> None:
    """Eight that closed lasted a minute; then people come and stay, each refused once."""
    log = Log()
    for start in range(0, 960, 120):
        log("opened", start, total=1)("closed", start + 60, total=0)
    for total in range(1, steps + 1):
        start = 1000 + 30 * total
        log("auth_failure", start)("opened", start + 1, total=total)
    found = follow(log, rules, ended=False).findings.values()
    assert fires == any(one.rule == "auth-loading-race" for one in found if one.state == "firing")
