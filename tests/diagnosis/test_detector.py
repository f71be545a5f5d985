from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logdiag.diagnosis import Detector, Rule
from logdiag.engines.ruletests import POLICY
from logdiag.formats import Formats, Parser
from logdiag.model import SECOND, Block, Event, Gap, Position, Source
from tests.diagnosis.builders import Log, Told, at, follow, rule, stopped

SAMPLES = sorted((Path(__file__).parents[2] / "sample_logs").glob("*.log"))
REAL = [pytest.param(path, id=path.stem) for path in SAMPLES]
RULES = [
    rule("live >= 3", "requires: [client]", id="many", by=("client", "path")),
    rule("opened_after(auth_failure) >= 3", "at_end: fire", id="race"),
    rule("surplus >= 1 or twins >= 1", id="extra", hold=30 * SECOND, yields_to=("race",)),
    rule("count(auth_failure) >= 3 and rise(live) >= 2", id="window", by=()),
    rule("drift >= 1", id="drift", by=(), hold=0),
    rule("count(overlap) >= 1 or opened_after(cleanup) >= 1", id="overlap", hold=0),
    rule("count(misdelivered) >= 1", id="misdelivered", hold=0),
    rule("count(rejected) >= 2 and variation(rejected) < 50%", id="regular", hold=0),
    rule("spike(opened) >= 5 or together(auth_failure, opened) >= 1", id="spike", by=(), hold=0),
]


def parsed(path: Path, formats: Formats) -> list[Event]:
    """The events of a sample log."""
    data = path.read_bytes()
    block = Block(Source(1, "app", path.name), 0, data, Position(offset=len(data)))
    return Parser(formats, POLICY).parse(block)


def results(told: Told) -> dict[str, Any]:
    """All that was told, to be compared."""
    return {
        "connections": {number: one._asdict() for number, one in told.connections.items()},
        "transitions": told.transitions,
        "echoes": told.echoes,
        "findings": {key: asdict(one) for key, one in told.findings.items()},
    }


def run(
    events: Sequence[Event], rules: Sequence[Rule], at_index: Callable[[int], str]
) -> dict[str, Any]:
    """The results where, after each event, `at_index` says to go on, "drain", "end" or "stop"."""
    detector, told = Detector("app", rules), Told()
    for place, event in enumerate(events):
        detector.on_event(event)
        what = at_index(place)
        if what != "":
            told.take(detector.drain(ended=what in ("end", "end stop")))
        if what in ("stop", "end stop"):
            detector = stopped(detector, told, rules)
    return results(told.take(detector.drain(ended=True)))


@pytest.mark.parametrize("path", REAL)
def test_stopped_anywhere_in_a_real_log(path: Path, rules: list[Rule], formats: Formats) -> None:
    """Stop and resume at each event of each sample log equals never stopped."""
    events = parsed(path, formats)
    expected = results(follow(events, rules))
    for stop in range(len(events)):
        stops = {stop: "stop"}
        assert expected == run(events, rules, lambda place, stops=stops: stops.get(place, "")), stop


@pytest.mark.parametrize("path", REAL)
def test_asked_everywhere_in_a_real_log(path: Path, rules: list[Rule], formats: Formats) -> None:
    """Asking after each event what it would be if it ended there changes nothing."""
    events = parsed(path, formats)
    expected = results(follow(events, rules))
    assert expected == run(events, rules, lambda place: "drain")
    assert expected == run(events, rules, lambda place: "end")
    assert expected == run(events, rules, lambda place: "end stop")


NAMES = st.sampled_from(["a", "b", "c", "d", None])
ROW = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            ["opened"] * 5 + ["closed"] * 3
            + ["opening", "closing", "rejected", "auth_failure", "auth_failure", "reconnect",
               "cleanup", "server_start", "message", "error"]
        ),
        "wait": st.sampled_from([0, 0.5, 1, 3, 10, 40, 120, 400]),
        "connection": NAMES,
        "client": st.sampled_from(["203.0.113.7", "203.0.113.8", None]),
        "port": st.sampled_from([11, 12, 13, None]),
        "user": st.sampled_from(["u", None, None, None]),
        "path": st.sampled_from(["/ws", "/api", None]),
        "total": st.sampled_from([None, None, None, 1, 2, 3, 5]),
        "state": st.sampled_from([None, None, 0]),
        "message": st.sampled_from(["m", None]),
        "reason": st.sampled_from(["completed", None]),
        "pattern": st.sampled_from(["app:1", "app:1", "app:2", "morgan:1"]),
        "process": st.sampled_from(["101", "101", "102"]),
    }
)  # fmt: skip
ACTIONS = st.sampled_from(["", "", "drain", "end", "stop", "end stop"])


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], list[str]]:
    """Events of a log, with or without a clock, and what is done after each."""
    rows = draw(st.lists(ROW, min_size=1, max_size=40))
    clock, poor = draw(st.booleans()), draw(st.sets(st.sampled_from(sorted(rows[0])), max_size=6))
    log, now = Log(), 0.0
    for row in rows:
        now += row["wait"]
        fields = {name: value for name, value in row.items() if name not in ("kind", "wait")}
        if row["connection"] is not None and row["port"] is not None:
            fields["port"] = "abcd".index(row["connection"])  # two that are open share none
        for name in poor & fields.keys():
            fields[name] = "app:1" if name == "pattern" else None
        log(row["kind"], now if clock else None, **fields)
    return log.events, draw(st.lists(ACTIONS, min_size=len(rows), max_size=len(rows)))


def first_difference(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    """The parts that differ, small enough to read."""
    return [
        (name, key, one[name].get(key), other[name].get(key))
        for name in ("connections", "findings")
        for key in one[name].keys() | other[name].keys()
        if one[name].get(key) != other[name].get(key)
    ]


def test_what_an_echo_tells_finds_no_more_after_a_stop() -> None:
    """The access log adds the address; the port was known: together they are another one's."""
    log = Log()("opened", port=2)("opened", client="203.0.113.8", pattern="morgan:1")
    events = log("opened", client="203.0.113.8", port=2).events
    stopped_once = run(events, RULES, lambda place: "stop" if place == 1 else "")
    assert [] == first_difference(results(follow(events, RULES)), stopped_once)


@settings(max_examples=150)
@given(histories())
def test_stopped_anywhere_in_any_log(history: tuple[list[Event], list[str]]) -> None:
    """Stops, drains and questions at any events: the same as one uninterrupted run."""
    events, actions = history
    expected = results(follow(events, RULES))
    actual = run(events, RULES, lambda place: actions[place])
    assert [] == first_difference(expected, actual)
    assert expected == actual


@pytest.mark.parametrize("ending", ["opened", "closed"])
def test_an_address_that_another_worker_took_over_stays_taken(ending: str) -> None:
    """Whose it is is remembered, also when the older one that had it is still connecting."""
    address = {"client": "203.0.113.8", "port": 2}
    log = Log()("opening", None, process="101", **address)("opened", None, process="102", **address)
    if ending == "closed":
        log("closed", None, process="102", **address)
    events = log("opened", None, process="101", **address).events
    expected = results(follow(events, RULES))
    for stop in range(len(events)):
        actual = run(events, RULES, lambda place, stop=stop: "stop" if place == stop else "")
        assert [] == first_difference(expected, actual)


@settings(max_examples=50)
@given(histories())
def test_any_log_can_be_followed(history: tuple[list[Event], list[str]]) -> None:
    """No log makes the detector fail, and what it tells fits together."""
    events, _ = history
    told = follow(events, RULES)
    for finding in told.findings.values():
        assert finding.connections_total >= len(finding.connections)
        assert set(finding.connections) <= told.connections.keys()
        lines = {(event.source, event.offset) for event in events}
        assert {(proof.source, proof.offset) for proof in finding.evidence} <= lines
        assert finding.count >= 1
        assert ("pending" == finding.state) <= ("informational" == finding.level)


@pytest.mark.parametrize(("per_client", "expected"), [(2, 1), (3, 0)])
def test_how_many_a_client_may_have_can_be_set(per_client: int, expected: int) -> None:
    """Three tabs are too many by themselves, and none too many where three are usual."""
    detector = Detector("app", [rule("live > limit", hold=0)], per_client=per_client)
    for event in Log()("opened", 0, user="u")("opened", 1, user="u")("opened", 2, user="u").events:
        detector.on_event(event)
    assert expected == len(Told().take(detector.drain()).findings)


def test_a_gap_makes_what_was_open_unknown() -> None:
    """Nothing is claimed about connections across missing lines."""
    detector = Detector("app", [])
    for event in Log()("opened", 0, connection="a")("opening", 1, connection="b").events:
        detector.on_event(event)
    detector.on_gap(Gap(Source(1, "app", "app.log"), 200, 99, "truncated", at(5)))
    told = Told().take(detector.drain(ended=True))
    assert {"a": "unknown", "b": "unknown"} == told.states()
    assert 0 == told.live()


def test_a_drain_tells_only_what_changed() -> None:
    """The timeline is not written again and again."""
    detector = Detector("app", [])
    events = Log()("opened", 0, connection="a")("opened", 1, connection="b").events
    detector.on_event(events[0])
    assert ["a"] == [one.name for one in detector.drain().connections]
    detector.on_event(events[1])
    assert ["b"] == [one.name for one in detector.drain().connections]
    changes = detector.drain()
    assert ([], [], [], []) == (
        changes.connections, changes.transitions, changes.echoes, changes.findings
    )  # fmt: skip


def test_silence_is_told_by_the_timer() -> None:
    """A live log that says nothing more: time alone makes a suspicion a finding."""
    detector = Detector("app", [rule("live >= 3")])
    for event in Log()("opened", 0)("opened", 1)("opened", 2)("message", 3).events:
        detector.on_event(event)
    told = Told().take(detector.drain())
    assert ["pending"] == [finding.state for finding in told.findings.values()]
    assert detector.suspects
    detector.on_timer(at(80))
    assert ["pending"] == [f.state for f in told.take(detector.drain()).findings.values()]
    detector.on_timer(at(100))
    (finding,) = told.take(detector.drain()).findings.values()
    assert ("firing", at(92)) == (finding.state, finding.fired_at)


def test_what_was_told_as_if_it_ended_is_taken_back() -> None:
    """The input went on, after a stop even: the finding is the suspicion that it is, then gone."""
    rules = [rule("live >= 3", more="at_end: fire")]
    log = Log()("opened", 0, user="u")("opened", 1, user="u")("opened", 2, user="u")
    detector = Detector("app", rules)
    for event in log.events:
        detector.on_event(event)
    told = Told().take(detector.drain(ended=True))
    assert ["firing"] == [finding.state for finding in told.findings.values()]
    detector = stopped(detector, told, rules)
    told.take(detector.drain())
    assert ["pending"] == [finding.state for finding in told.findings.values()]


@pytest.mark.parametrize("by", [("client", "path"), ("path",)])
def test_absorbing_a_path_does_not_keep_a_closed_connection(by: tuple[str, ...]) -> None:
    """A second wording adds the path; when the connection closes it leaves its group."""
    log = Log()
    for place in range(4):
        name = f"c{place}"
        log("opened", place * 60, connection=name, client="203.0.113.7", pattern="app:1")
        log("opened", place * 60, connection=name, pattern="app:2", path="/ws")
        log("closed", place * 60 + 30, connection=name, code=1000)
    log("message", 1000)
    told = follow(log, [rule("live >= 3", by=by, hold=0)])
    assert {} == told.findings


def test_closes_that_name_nobody_take_the_clients_away() -> None:
    """Openings name addresses, closes do not: whose connections are left, nobody can say."""
    log = Log()
    for place in range(4):
        log("opened", place * 10, client="203.0.113.7", port=place + 1)
    log("closed", 50)("opened", 300, client="203.0.113.7", port=9)
    told = follow(log("message", 400), [rule("live >= 3", "requires: [client]")])
    assert [] == [finding for finding in told.findings.values() if finding.state == "firing"]
    assert {None} == {one.client_key for one in told.open()}


def a_name_taken_over() -> Log:
    """An echo gave the first connection a second name, which another one then bore."""
    log = Log()("opened", connection="a", process="102")
    log("opened", connection="c", process="101", pattern="morgan:1")
    log("closed", connection="c", process="101")
    log("opened", connection="a", process="101")
    return log("opened", connection="c", process="102")


def an_opening_all_have_told() -> Log:
    """A logger that has told an opening without its id tells it again with one."""
    log = Log()("opened", connection="a", total=1)
    log("opened", pattern="morgan:1")
    log("closed", connection="a")
    return log("opened", connection="a", total=1, pattern="morgan:1")


def a_handshake_let_go() -> Log:
    """One that closes without ever having opened is live, and is younger than what opened before.

    So it is the younger one of the two that ends where the server's total tells of one less.
    """
    log = Log()("opening", connection="b", process="101")
    log("opened", process="101", path="/ws")
    log("closing", connection="b", process="101", total=1, pattern="morgan:1")
    return log("opened", process="101", total=1, path="/api", pattern="morgan:1")


@pytest.mark.parametrize("made", [a_name_taken_over, an_opening_all_have_told, a_handshake_let_go])
def test_stopped_at_a_bad_moment(made: Callable[[], Log]) -> None:
    """What a stop once changed."""
    events = made().events
    expected = results(follow(events, RULES))
    for stop in range(len(events)):
        stops = {stop: "stop"}
        assert expected == run(events, RULES, lambda place, stops=stops: stops.get(place, ""))
