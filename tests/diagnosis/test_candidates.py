"""Many rules are looked at as if each were alone, and those that cannot find anything are not."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks.judging import DAYS, logs, user_rules
from logdiag.diagnosis.candidates import Candidates
from logdiag.diagnosis.checking import condition
from logdiag.diagnosis.groups import Group, Kin
from logdiag.model import Event
from tests.diagnosis.builders import FakeService, follow, life, rule

WHENS = ("live >= 4", "live >= 2", "live > 2.5 or count(error) >= 3", "closes >= 1", "live < 9")


@cache
def days() -> list[list[Event]]:
    """A few minutes of simulated days."""
    return list(logs(DAYS, 3).values())


def candidates(*whens: str, lives: int) -> list[str]:
    """Which conditions are worth a look at a group with so many live connections."""
    rules = [rule(when, id=f"r{place}") for place, when in enumerate(whens)]
    group = Group((), Kin(rules))
    for number in range(lives):
        group.add(life(number))
    return [one.when.text for one in Candidates(rules, FakeService()).of(group)]


@pytest.mark.parametrize(
    ("lives", "expected"),
    [
        (0, ["live < 9"]),
        (1, ["live < 9"]),
        (2, ["live >= 2", "live < 9"]),
        (3, ["live >= 2", "live > 2.5 or count(error) >= 3", "live < 9"]),
        (4, ["live >= 4", "live >= 2", "live > 2.5 or count(error) >= 3", "live < 9"]),
    ],
)
def test_what_needs_more_than_there_is_is_out(lives: int, expected: list[str]) -> None:
    """At least N is exactly N; the rest comes in the order of the rules, each once."""
    assert expected == candidates(*WHENS, lives=lives)


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("live >= 3", ["live"]),
        ("rise(live) >= 3", ["live"]),
        ("live >= 3 and twins >= 2", ["twins"]),
        ("count(opened) >= 2 and count(auth_failure) >= 2", ["count(auth_failure)"]),
        ("closes >= 9 and older(90s) >= 2", ["live"]),
        ("twins >= 2 or surplus >= 2", ["twins", "surplus"]),
        ("twins >= 2 or live < 3", None),
        ("live <= 3 and settle > 1s", None),
        ("opens >= 50 and closes == 0", ["-closes"]),
        ("not live >= 3", None),
    ],
)
def test_the_most_telling_measure_is_asked(text: str, measures: list[str] | None) -> None:
    """Of an `and` the side that is seldom reached; of an `or` both."""
    found = condition(text).bounds
    assert measures == (None if found is None else [bound.measure for bound in found])


def test_rules_find_together_what_each_finds_alone() -> None:
    """On days with leaks and without, for rules that differ by their thresholds only, too."""
    rules = list(user_rules(32))
    found = 0
    for day in days():
        together = follow(day, rules, ended=False).findings
        for one in rules:
            alone = follow(day, [one], ended=False).findings
            assert alone == {key: made for key, made in together.items() if made.rule == one.id}
            found += len(alone)
    assert found > 20


def test_the_measured_rules_are_many_and_differ() -> None:
    """The benchmark's rules are two hundred of their own, over more than ten measures."""
    rules = list(user_rules(200))
    assert 200 == len({one.id for one in rules}) == len({one.digest for one in rules})
    assert 10 < len({bound.measure for one in rules for bound in one.when.bounds or ()})
