from __future__ import annotations

from typing import Any

import pytest

from logdiag.diagnosis import Detector, Rule
from logdiag.diagnosis.guards import GUARDS
from logdiag.diagnosis.judgement import Judgement
from logdiag.diagnosis.moments import spoken
from logdiag.model import SECOND, Finding
from tests.diagnosis.builders import Log, Told, at, follow, rule, stopped

USER = {"user": "u"}


def opened(log: Log, names: str, seconds: float, **fields: Any) -> Log:
    """One connection per letter, a second apart."""
    for place, name in enumerate(names):
        log("opened", seconds + place, connection=name, **(fields or USER))
    return log


def closed(log: Log, names: str, seconds: float) -> Log:
    """The same for closes."""
    for place, name in enumerate(names):
        log("closed", seconds + place, connection=name)
    return log


def only(log: Log, *rules: Rule, ended: bool = False) -> Finding:
    """The one finding that there must be."""
    (finding,) = follow(log, rules or [rule()], ended=ended).findings.values()
    return finding


def states(log: Log, *rules: Rule) -> list[tuple[str, str]]:
    """Each change of the findings while the log is read: (rule, state)."""
    detector, changes = Detector("app", rules or [rule()]), []
    for event in log.events:
        detector.on_event(event)
        told = detector.drain()
        changes += [(finding.rule, finding.state) for finding in told.findings]
        changes += [("", "dropped")] * len(told.dropped)
    return [one for place, one in enumerate(changes) if changes[place - 1 : place] != [one]]


def test_pending_then_firing_then_resolved() -> None:
    """The third connection makes it pending, 90 s make it fire, the last late close resolves it."""
    log = opened(Log(), "abc", 0)("message", 60)("message", 93)
    log = closed(log, "abc", 252)
    told = [("too-many", state) for state in ("pending", "firing", "resolved")]
    assert told == states(log)
    finding = only(log)
    assert (at(2), at(92), at(254)) == (
        finding.pending_at, finding.fired_at, finding.resolved_at,
    )  # fmt: skip
    assert "Closed late after 4 min 12 s" == finding.note


@pytest.mark.parametrize(
    ("state", "within", "age", "until"),
    [
        ("pending", 60, 150, 160),  # a sixteenth of 160 s
        ("pending", 60, 7_000, 7_090),  # S at most
        ("firing", 60, 10, 30),  # as after its window
        ("firing", 600, 10, 40),  # as after S
        ("firing", 60, 120, 160),  # a quarter
        ("firing", 60, 7_000, 7_360),  # 4 S at most
    ],
)
def test_the_older_a_finding_is_the_longer_it_rests(
    state: str, within: int, age: int, until: int
) -> None:
    """Until a share of its age has passed since it was looked at, and some settle times at most."""
    judgement = Judgement("app", rule(within=within * SECOND), ("user u",))
    judgement.begin((at(0), 1))
    judgement.state = state
    assert not judgement.rests((at(age), 2))
    judgement.rest((at(age), 2), 90 * SECOND)
    assert (True, False) == (
        judgement.rests((at(until), 3)), judgement.rests((at(until) + 1, 3)),
    )  # fmt: skip
    judgement.wake()
    assert not judgement.rests((at(age), 3))


@pytest.mark.parametrize(
    ("state", "within", "line", "until"),
    [
        ("pending", 20, 1_000, 1_040), ("firing", 20, 4, 10), ("firing", 400, 4, 17),
        ("firing", 20, 1_000, 1_160),
    ],
)  # fmt: skip
def test_without_a_clock_it_rests_for_lines(state: str, within: int, line: int, until: int) -> None:
    """The same in lines, and 40 of them or 160 at most."""
    judgement = Judgement("app", rule(within_lines=within), ("user u",))
    judgement.begin((None, 0))
    judgement.state = state
    judgement.rest((None, line), 90 * SECOND)
    assert (True, False) == (judgement.rests((None, until)), judgement.rests((None, until + 1)))


def test_what_holds_no_more_rests_no_longer_than_what_is_pending() -> None:
    """So that it is over when `keep_firing_for` is."""
    judgement = Judgement("app", rule(), ("user u",))
    judgement.begin((at(0), 1))
    judgement.state, judgement.ended_at = "firing", (at(7_000), 2)
    judgement.rest((at(7_000), 2), 90 * SECOND)
    assert not judgement.rests((at(7_091), 3))


def test_what_made_it_sure_stays() -> None:
    """Five errors within the window, then only two of them; another episode begins anew."""
    levels = "confidence: {high: count(error) >= 5, medium: count(error) >= 2}"
    made = rule("count(error) >= 2", levels, hold=0, within=30 * SECOND, keep=60 * SECOND)
    log = Log()
    for seconds in (0, 1, 2, 20, 21):
        log("error", seconds, **USER)
    assert "high" == only(log("message", 26), made).confidence
    assert "high" == only(log("message", 40), made).confidence
    assert ("resolved", "high") == (
        only(log("message", 200), made).state, only(log, made).confidence
    )  # fmt: skip
    again = log("error", 300, **USER)("error", 301, **USER)("message", 310)
    assert ("firing", "medium", 2) == (
        only(again, made).state, only(again, made).confidence, only(again, made).count
    )  # fmt: skip


def test_pending_is_informational() -> None:
    """Nobody is woken by a suspicion."""
    finding = only(opened(Log(), "abc", 0)("message", 80))
    assert ("pending", "informational") == (finding.state, finding.level)
    assert (3, None) == (finding.connections_total, finding.fired_at)


def test_what_closes_in_time_is_no_finding() -> None:
    """The suspicion is dropped, and leaves nothing behind."""
    log = closed(opened(Log(), "abc", 0)("message", 30), "a", 40)("message", 95)("message", 120)
    assert {} == follow(log, [rule()]).findings
    assert ("", "dropped") == states(log)[-1]


def test_the_settle_time_is_exact() -> None:
    """It fires at 90 s, not a nanosecond before."""
    assert "pending" == only(opened(Log(), "abc", 0)("message", 91.9)).state
    assert "firing" == only(opened(Log(), "abc", 0)("message", 92)).state


def test_it_counts_only_what_is_still_open() -> None:
    """Churn: three at any time, none of them for long."""
    log = Log()
    for place in range(60):
        log("opened", place * 10, connection=f"c{place}", **USER)
        if place >= 3:
            log("closed", place * 10 + 1, connection=f"c{place - 3}")
    assert [] == [f for f in follow(log, [rule()]).findings.values() if f.state != "pending"]


def test_it_fires_again() -> None:
    """One fingerprint; the second time is counted, and until then the first is told."""
    log = closed(opened(Log(), "abc", 0)("message", 95), "abc", 100)
    first = only(log)
    log = opened(log, "def", 1000)
    assert first == only(log("message", 1050))
    again = only(log("message", 1100))
    assert ("firing", 2, at(1002)) == (again.state, again.count, again.pending_at)
    assert first.fingerprint == again.fingerprint
    assert (4, 5, 6) == again.connections


def test_an_episode_is_told_though_another_follows_at_once() -> None:
    """Read in one piece, a log tells every episode, as it does when it is followed."""
    log = closed(opened(Log(), "abc", 0)("message", 95), "abc", 100)
    log = closed(opened(log, "def", 1000)("message", 1095), "def", 1100)("message", 1110)
    detector = Detector("app", [rule()])
    for event in log.events:
        detector.on_event(event)
    assert [(1, "resolved", (1, 2, 3)), (2, "resolved", (4, 5, 6))] == [
        (one.count, one.state, one.connections) for one in detector.drain().findings
    ]


def test_groups_have_findings_of_their_own() -> None:
    """Two users, two fingerprints; another service would have another one too."""
    log = opened(opened(Log(), "abc", 0), "def", 10, user="v")("message", 200)
    told = follow(log, [rule()])
    assert {"u": (1, 2, 3), "v": (4, 5, 6)} == {
        finding.group["client"]: finding.connections for finding in told.findings.values()
    }


def test_the_fingerprint_is_stable_across_a_restart() -> None:
    """A stop between two firings: the same finding, counted twice."""
    rules = [rule()]
    log = closed(opened(Log(), "abc", 0)("message", 95), "abc", 100)
    detector, told = Detector("app", rules), Told()
    for event in opened(log, "def", 1000)("message", 1100).events:
        detector.on_event(event)
        told.take(detector.drain())
        detector = stopped(detector, told, rules)
    (finding,) = told.findings.values()
    assert (only(log).fingerprint, 2) == (finding.fingerprint, finding.count)
    assert 16 == len(finding.fingerprint)


def test_keep_firing_for() -> None:
    """What no longer holds goes on firing for a while, in case it flaps."""
    log = opened(Log(), "abcd", 0)("message", 100)
    log = closed(log, "abc", 110)  # a quarter is left
    kept = log("message", 120)("message", 400)
    assert "firing" == only(kept).state
    finding = only(log("message", 430))
    assert ("resolved", "No longer seen") == (finding.state, finding.note)
    assert finding.resolved_at is not None
    assert at(410) < finding.resolved_at < at(430)  # a look in the silence after the close


def test_while_most_are_open_it_fires_on() -> None:
    """Three of four are still there: below the threshold of four, and no less leaked."""
    log = closed(opened(Log(), "abcd", 0)("message", 100), "a", 110)
    log = log("message", 200)("message", 1000)("message", 5000)
    assert "firing" == only(log, rule("live >= 4")).state


def test_a_restart_does_not_prove_the_client_well() -> None:
    """It resolves after `keep_firing_for`, and says why."""
    log = opened(Log(), "abc", 0)("message", 100)("server_start", 110)("message", 111)
    finding = only(log("message", 120)("message", 430))
    assert ("resolved", "Ended by a restart or a gap") == (finding.state, finding.note)


def test_all_guards_are_listed() -> None:
    """In the finding, whether or not the rule names them in `unless`."""
    finding = only(opened(Log(), "abc", 0, client="203.0.113.7")("message", 100))
    outcomes = dict.fromkeys(GUARDS, "no") | {
        "closes_unseen": "yes", "weak_client_key": "yes", "restarted": "cannot_tell",
        "identity_outage": "cannot_tell", "token_expiry": "cannot_tell", "growth": "cannot_tell",
    }  # fmt: skip
    assert outcomes == {guard.name: guard.outcome for guard in finding.guards}


def test_a_guard_in_unless_silences() -> None:
    """It stays a suspicion for as long as the explanation holds."""
    log = opened(Log()("opened", 0, connection="z", **USER)("server_start", 5), "abc", 10)
    for second in range(20, 125, 5):
        log("message", second)
    guarded = rule(more="unless: restarted")
    assert "firing" == only(log).state
    assert "pending" == only(log, guarded).state
    assert (
        "pending" == only(log("message", 200)("message", 201), rule(more="unless: live >= 1")).state
    )


@pytest.mark.parametrize(
    ("fields", "confidence", "level"),
    [
        ({"user": "u"}, "high", "high"),
        ({"client": "203.0.113.7", "agent": "Firefox"}, "high", "high"),
        ({"client": "203.0.113.7"}, "low", "medium"),
        ({"path": "/ws"}, "medium", "medium"),
    ],
)
def test_confidence_caps_the_level(fields: dict[str, str], confidence: str, level: str) -> None:
    """How well the client is known bounds it; only what is highly probable is worse than medium."""
    made = rule(more="confidence: {high: live >= 3}")
    finding = only(opened(Log(), "abc", 0, **fields)("message", 100), made)
    assert (confidence, level) == (finding.confidence, finding.level)


@pytest.mark.parametrize(
    ("when", "confidence"), [("closes >= 2", "high"), ("closes >= 2 and live >= 1", "low")]
)
def test_what_the_server_tells_of_itself_is_sure_whoever_its_clients_are(
    when: str, confidence: str
) -> None:
    """An office behind one address changes nothing of it, as long as no client is asked about."""
    log = Log()
    for name in "abc":
        log("opened", 0, connection=name, client="203.0.113.7")
    log("closed", 10, connection="a")("closed", 20, connection="b")
    log("opened", 30, connection="d", client="203.0.113.7")("message", 600)
    made = rule(when, "confidence: {high: closes >= 2}", by=(), hold=0)
    assert confidence == only(log, made).confidence


@pytest.mark.parametrize(
    ("names", "confidence"), [("abc", "low"), ("abcd", "medium"), ("abcde", "high")]
)
def test_confidence_grows_with_the_evidence(names: str, confidence: str) -> None:
    """The best one that holds."""
    made = rule(more="confidence: {high: live >= 5, medium: live >= 4}")
    assert confidence == only(opened(Log(), names, 0)("message", 200), made).confidence


@pytest.mark.parametrize("level", ["informational", "low", "medium", "critical"])
def test_low_levels_stay_as_they_are(level: str) -> None:
    """The cap only lowers."""
    finding = only(opened(Log(), "abc", 0)("message", 100), rule(level=level))
    assert ("medium" if level == "critical" else level) == finding.level


def test_a_rule_yields_to_a_better_one() -> None:
    """Where both see the same connections, the named one tells it."""
    better, worse = rule(id="better", hold=0), rule(yields_to=("better",))
    told = follow(
        opened(Log(), "abc", 0)("message", 10)("message", 200), [worse, better], ended=False
    )
    fired = [f.rule for f in told.findings.values() if f.state == "firing"]
    assert ["better"] == fired


def test_late_connections_join_the_finding() -> None:
    """Each when it has been open for as long, give or take a quarter of the finding's age."""
    log = opened(Log(), "abc", 0)("message", 100)("opened", 110, connection="d", **USER)
    assert 3 == only(log("message", 195)).connections_total
    assert 4 == only(log("message", 260)).connections_total


def test_what_joined_since_it_was_looked_at_ends_with_its_tab() -> None:
    """All close at once: those that had been open for long enough were part of the finding."""
    log = opened(Log(), "abc", 0)("message", 100)("opened", 110, connection="d", **USER)
    log("message", 195)("opened", 200, connection="e", **USER)
    for name in "abcde":
        log("closed", 240, connection=name)
    finding = only(log)
    assert ("resolved", 4) == (finding.state, finding.connections_total)


def test_at_the_end_the_young_ones_join() -> None:
    """A firing finding counts them all when the log ends."""
    log = opened(Log(), "abc", 0)("message", 100)("opened", 110, connection="d", **USER)
    assert 4 == only(log("message", 120), ended=True).connections_total


@pytest.mark.parametrize(("hold", "expected"), [(0, "firing"), (1, "pending")])
def test_at_the_end_what_need_not_last_fires(hold: int, expected: str) -> None:
    """However long the log is: its last line is enough, as there is no next look."""
    log = Log()("message", 0)("error", 1_000)
    made = rule("count(error) >= 1", by=(), hold=hold)
    assert expected == only(log, made, ended=True).state
    assert "pending" == only(log, made).state


def test_a_short_log_has_a_time_scale_of_its_own() -> None:
    """Where others closed after a second, ten are long; where none closed, `at_end` decides."""
    log = opened(Log(), "abc", 0)
    assert "pending" == only(log("message", 20), ended=True).state
    assert "firing" == only(log, rule(more="at_end: fire"), ended=True).state
    for place in range(4):
        log("opened", 21 + place, connection=f"x{place}", user=f"u{place}")
        log("closed", 22 + place, connection=f"x{place}")
    assert "firing" == only(log, ended=True).state


@pytest.mark.parametrize(
    ("visits", "begin", "expected"), [(4, 0, ["resolved"]), (2, 0, []), (4, -200, [])]
)
def test_a_short_log_judges_a_tab_as_it_ends(
    visits: int, begin: float, expected: list[str]
) -> None:
    """By pages that close after a second, if there are three; a longer log waits for S."""
    log = Log()("message", begin)
    for place in range(visits):
        log("opened", place, connection=f"x{place}", user=f"u{place}")
        log("closed", place + 1, connection=f"x{place}")
    log = opened(log, "abc", 10)
    for place, name in enumerate("abc"):
        log("closed", 20 + place / 100, connection=name)
    assert expected == [one.state for one in follow(log, [rule()]).findings.values()]


def test_in_a_short_log_chance_decides() -> None:
    """Ten loads in ten seconds, where six others took two each: the last are younger than that."""
    log = Log()
    for place in range(6):
        log("opened", place, connection=f"x{place}", user=f"u{place}")
        log("closed", place + 2, connection=f"x{place}")
    for place in range(10):
        log("opened", 10 + place, connection=f"a{place}", **USER)
    log("message", 21)
    made = rule("left_behind >= 8 and left_behind >= 80% * loads and chance < 1%")
    assert "firing" == only(log, made, ended=True).state


def test_loads_are_those_before_the_moment() -> None:
    """What opened since `for` counts neither as left behind nor as a load."""
    log = opened(Log(), "abc", 0, **USER)
    opened(log, "defghi", 60, **USER)("message", 95)
    made = rule("left_behind >= 2 and left_behind >= 60% * loads")
    assert "firing" == only(log, made).state


def test_an_address_alone_waits_twice_as_long_where_nothing_closed() -> None:
    """An office that has just come to work holds several, too."""
    log = opened(Log(), "abc", 0, client="203.0.113.7")("message", 100)
    made = rule("left_behind >= 2 and chance < 1%", more="requires: [client]")
    assert "pending" == only(log, made).state
    assert "firing" == only(log("message", 190), made).state


@pytest.mark.parametrize(("more", "expected"), [("", True), ("leak: false", False)])
def test_whether_it_is_a_leak_the_rule_says(more: str, expected: bool) -> None:
    """Of most rules it is; a stored finding says the same."""
    finding = only(opened(Log(), "abc", 0, **USER)("message", 100), rule(more=more))
    assert expected == finding.leak


def test_the_evidence_is_the_openings() -> None:
    """Source and offset of each connection's line, in the order of the log."""
    finding = only(opened(Log(), "abc", 0)("message", 100))
    assert [(1, 100), (1, 200), (1, 300)] == [(e.source, e.offset) for e in finding.evidence]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.02, "0.02 s"), (12.34, "12.3 s"), (250, "4 min 10 s"), (3600, "1 h"), (90061, "1 d 1 h")],
)
def test_durations_as_a_person_says_them(seconds: float, text: str) -> None:
    """The two largest units; days are not lost."""
    assert text == spoken(round(seconds * SECOND))


@pytest.mark.parametrize("when", ["restarted", "count(error) >= 1 and restarted"])
def test_a_guard_may_come_true_at_an_opening(when: str) -> None:
    """What a condition asks beside events is asked again when a connection opens."""
    log = Log()("error", 0)("opened", 1, connection="a", client="203.0.113.7")
    log("server_start", 2)("opened", 3, connection="b", client="203.0.113.7")
    told = follow(log, [rule(when, by=(), within=60 * SECOND, hold=0)])
    assert 1 == len(told.findings)


def test_a_guard_in_a_condition_sees_the_connections() -> None:
    """Also in a rule that asks for none itself, and groups finer than by client."""
    who: dict[str, Any] = {"client": "203.0.113.7", "path": "/ws"}
    log = Log()("opened", 0, connection="a", **who)("auth_failure", 1, **who)
    told = follow(
        log, [rule("count(auth_failure) >= 1 and flapping", by=("client", "path"), hold=0)]
    )
    assert 1 == len(told.findings)
