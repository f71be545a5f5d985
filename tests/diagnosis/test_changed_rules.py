"""The rules change while connections are live: what was known stays, what is new looks at it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis import Detector, Rule
from logdiag.model import Finding
from tests.diagnosis.builders import Log, Told, at, follow, rule, stopped

THREE = rule()
PAIR = rule("live >= 2", id="a-pair")
OF_PATH = rule("live >= 3", by=("path",))


def leak() -> Log:
    """Three connections of one user in two seconds; two of them close late."""
    log = Log()
    for place, name in enumerate("abc"):
        log("opened", place, connection=name, user="u", path="/ws")
    for seconds in (30, 60, 93, 120, 180, 240, 300):
        log("message", seconds)
    return log("closed", 310, connection="a")("closed", 311, connection="b")("message", 700)(
        "message", 1100
    )


def changed(log: Log, before: Sequence[Rule], after: Sequence[Rule], place: int) -> Told:
    """What is told when the rules change before the event at that place."""
    detector, told = Detector("app", before), Told()
    for event in log.events[:place]:
        detector.on_event(event)
    told.take(detector.drain())
    detector = stopped(detector, told, after)
    for event in log.events[place:]:
        detector.on_event(event)
    return told.take(detector.drain(ended=True))


def states(found: dict[str, Finding]) -> list[tuple[str, str]]:
    """Rule and state of each finding."""
    return sorted((one.rule, one.state) for one in found.values())


@given(st.integers(0, 14))
def test_the_same_rules_anew_change_nothing(place: int) -> None:
    """Wherever they are brought in."""
    log, rules = leak(), [THREE, PAIR]
    assert follow(log, rules) == changed(log, rules, rules, place)


def test_before_the_first_event_it_is_as_if_they_had_always_been_there() -> None:
    """A rule more, a rule less, another one of the same id."""
    log, other = leak(), rule("live >= 2")
    for before, after in (([], [THREE]), ([THREE, PAIR], [PAIR]), ([THREE], [other])):
        assert follow(log, after) == changed(log, before, after, 0)


def test_a_new_rule_sees_what_is_live() -> None:
    """It suspects from when it came, and fires when that held long enough, though none opens."""
    log = leak()
    told = changed(log, [], [PAIR], 5)  # after 60 s
    (found,) = told.findings.values()
    assert (at(60), at(150), 3) == (
        found.pending_at, found.fired_at, found.connections_total,
    )  # fmt: skip


def test_a_changed_rule_goes_on_with_what_it_found() -> None:
    """The finding stays the same one; its connections are judged by what the rule says now."""
    log = leak()
    mild = rule("live >= 9")
    (before,) = follow(log, [THREE]).findings.values()
    (after,) = changed(log, [THREE], [mild], 7).findings.values()  # it fires by then
    assert (before.fingerprint, 1, "resolved") == (after.fingerprint, after.count, after.state)
    stricter = changed(log, [mild], [rule("live >= 2")], 5)
    assert [("too-many", "resolved")] == states(stricter.findings)


@pytest.mark.parametrize("after", [[], [PAIR], [OF_PATH]], ids=["none", "other", "by"])
def test_a_rule_that_is_gone_takes_its_suspicion_along(after: list[Rule]) -> None:
    """So does one that groups otherwise now: its suspicion was about another group."""
    detector, told = Detector("app", [THREE]), Told()
    for event in leak().events[:4]:
        detector.on_event(event)
    told.take(detector.drain())
    assert [("too-many", "pending")] == states(told.findings)
    (suspected,) = told.findings
    told.take(stopped(detector, told, after).drain())
    assert suspected not in told.findings


def test_a_rule_that_is_gone_leaves_its_finding_to_be_ended() -> None:
    """The detector names it; who has stored it knows what it said."""
    detector, told = Detector("app", [THREE]), Told()
    for event in leak().events[:7]:
        detector.on_event(event)
    told.take(detector.drain())
    assert [("too-many", "firing")] == states(told.findings)
    without = stopped(detector, told, [PAIR])
    assert (list(told.findings), True) == (without.taken.orphaned, without.taken.renewed)
    kept = stopped(detector, told, [THREE])
    assert ([], False) == (kept.taken.orphaned, kept.taken.renewed)


def test_what_a_rule_says_does_not_change_how_it_judges() -> None:
    """Its digest is of what decides; each of that changes it."""
    same = rule(title="Otherwise", cause="x", fix="y", tests=())
    others = [
        rule("live >= 4"), rule(by=("path",)), rule(within=7), rule(hold=0), rule(keep=1),
        rule(level="low"), rule(more="unless: restarted"),
        rule(more="confidence: {high: live > 9}"),
    ]  # fmt: skip
    assert rule().digest == same.digest
    assert len(others) + 1 == len({rule().digest, *(other.digest for other in others)})
