from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.judging import DAYS, logs
from logdiag.diagnosis import grouping
from logdiag.diagnosis.grouping import FEW, Clients
from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.windows import Seen
from logdiag.engines import knowledge
from logdiag.engines.settings import Settings
from logdiag.model import SECOND, Event
from tests.diagnosis.builders import at, follow, life, rule

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


@pytest.mark.parametrize(
    ("held", "expected"), [(0, []), (1, []), (2, []), (FEW, []), (FEW + 1, ["user u"])]
)
def test_a_few_connections_stand_for_its_group(held: int, expected: list[str]) -> None:
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


@given(st.lists(st.tuples(st.sampled_from(["add", "remove", "see"]), st.integers(1, 30))))
def test_what_stands_for_a_group_answers_as_it_would(steps: list[tuple[str, int]]) -> None:
    """Whether groups are packed at every opening or never."""
    with patch.object(grouping, "MANY", 0):
        packed = clients()
    groups, held = (packed, clients()), dict[int, list[Life]]()
    for step, number in steps:
        user = f"user {number % 3}"
        if step == "add" and number not in held:
            held[number] = [life(number, client_key=user) for _ in groups]
            for which, one in zip(groups, held[number], strict=True):
                which.add(one)
        elif step == "remove" and number in held:
            for which, one in zip(groups, held.pop(number), strict=True):
                which.remove(one, which.place(one))
        elif step == "see":
            for which in groups:
                refused(which, user, number)
        packed._many = 0  # it grows with what is left
        assert answers(packed) == answers(groups[1])
    assert holdings(packed) == holdings(groups[1])


def answers(groups: Clients) -> list[object]:
    """All that can be asked of clients."""
    users = [f"user {number}" for number in range(3)]
    newest = [groups.newest(user) for user in users]
    return [
        [one and one.number for one in newest],
        [[one.number for one in groups.lives(user)] for user in users],
        [groups.held_by(user) for user in users], groups.held, groups.count,
    ]  # fmt: skip


def holdings(groups: Clients) -> list[tuple[str | None, list[int]]]:
    """The connections of each client that has several; who comes first means nothing."""
    return sorted(
        (group.key[0], list(group.lives)) for group in groups.unpacked() if len(group.lives) > 1
    )


def test_packed_groups_are_judged_as_others() -> None:
    """The days of the simulation, leaks among them."""
    rules = knowledge.load_rules(Settings())
    days = logs(DAYS, 4)
    usual = {name: follow(day, rules) for name, day in days.items()}
    with patch.object(grouping, "MANY", 0), patch.object(Clients, "_pack_all", pack_always):
        assert usual == {name: follow(day, rules) for name, day in days.items()}


_pack_all = Clients._pack_all


def pack_always(groups: Clients) -> None:
    """As if there were many groups."""
    _pack_all(groups)
    groups._many = 0


@pytest.mark.parametrize(
    ("client", "expected"),
    [("user u", {"twin", "cleanup"}), (None, {"twin", "cleanup", "surplus"})],
)
def test_marks_that_nobody_asks_for_are_not_kept(client: str | None, expected: set[str]) -> None:
    """But where nobody can name the connections, by whom each mark tells how their number rose."""
    clients = Clients([rule("live >= 2", "confidence: {high: twins >= 3}")])
    group = clients.of_key((client,))
    one = life(1, 0, "twin", "cleanup", "surplus", client_key=client)
    clients.add(one)
    assert expected == set(group.marked) == set(group.proofs)
    clients.remove(one, client)
    assert not any(group.marked.values())
