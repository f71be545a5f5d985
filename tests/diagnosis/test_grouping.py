from __future__ import annotations

import pytest

from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.windows import Seen
from logdiag.model import SECOND, Event
from tests.diagnosis.builders import at, life, rule

HOUR = 3600


def clients(hold: int = 0) -> Clients:
    """The groups of a rule that counts refused requests within a minute, and waits so long (s)."""
    when = "count(auth_failure) >= 3 and live >= 1"
    return Clients([rule(when, by=("client",), within=60 * SECOND, hold=hold * SECOND)])


def refused(groups: Clients, key: str, second: float) -> Group:
    """The client's group, which now holds a refused request."""
    event = Event("auth_failure", at(second), 1, 0, 1, "401")
    group = groups.of_event(event, key)
    group.saw(Seen(1, event))
    return group


def groups_of(groups: Clients) -> list[str | None]:
    """The clients that have a group of their own."""
    return [group.key[0] for group in groups.all()]


@pytest.mark.parametrize(
    ("hold", "hours", "expected"),
    [
        (0, 0.1, ["user u"]),
        (0, 1, []),
        (90, 1, ["user u"]),
        (90, 25, []),
    ],
)
def test_events_are_kept_while_some_rule_may_count_them(
    hold: int, hours: float, expected: list[str]
) -> None:
    """A rule that waits may look back from before its wait; but nothing is kept for ever."""
    groups = clients(hold)
    refused(groups, "user u", 0)
    groups.forget((at(hours * HOUR), 10**6))
    assert expected == groups_of(groups)


@pytest.mark.parametrize(("held", "expected"), [(0, []), (1, []), (2, ["user u"])])
def test_a_lone_connection_stands_for_its_group(held: int, expected: list[str]) -> None:
    """Once its events are forgotten; it is counted as before, and leaves as before."""
    groups = clients()
    lives = [life(number) for number in range(1, held + 1)]
    for one in lives:
        groups.add(one)
    refused(groups, "user u", 0)
    groups.forget((at(HOUR), 10**6))
    assert expected == groups_of(groups)
    assert held == groups.held_by("user u") == groups.held
    assert (lives[-1:] or [None])[0] is groups.newest("user u")
    for one in lives:
        groups.remove(one, groups.place(one))
    assert 0 == groups.held_by("user u") == groups.count


def test_a_new_event_makes_the_group_again() -> None:
    """The lone connection is in it."""
    groups = clients()
    groups.add(life(1))
    refused(groups, "user u", 0)
    groups.forget((at(HOUR), 10**6))
    assert [1] == list(refused(groups, "user u", HOUR).lives)
    assert 60 * SECOND == groups.rules[0].within
