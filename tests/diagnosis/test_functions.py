from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis import Detector
from logdiag.diagnosis.checking import condition
from logdiag.diagnosis.functions import FUNCTIONS
from logdiag.diagnosis.guards import GUARDS
from logdiag.diagnosis.heartbeat import Heartbeat
from logdiag.diagnosis.lifetimes import Example, Lifetimes
from logdiag.diagnosis.questions import asked
from logdiag.diagnosis.view import View
from logdiag.model import SECOND, Event
from tests.diagnosis.builders import FakeService, Log, follow, life, rule, view


def value(text: str, seen: View) -> float:
    """What a function gives: the greatest n with `text >= n`, by halves."""
    steps = [n / 2 for n in range(41) if condition(f"{text} >= {n / 2}").holds(seen)]
    return steps[-1]


def window(*rows: tuple[str, float], now: float = 100) -> View:
    """A view of events at those seconds."""
    log = Log()
    for kind, seconds in rows:
        log(kind, seconds, client=f"c{seconds:.0f}")
    return view(events=log.events, now=now)


MARKED = [
    life(1, 10),
    life(2, 75, "auth_failure:50", "twin"),
    life(3, 80, "auth_failure:51", "surplus", "reconnect:60"),
    life(4, 95, "auth_failure:51", "surplus", "reconnect:60"),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("live", 4), ("rise(live)", 3), ("surplus", 2),
        ("opened_after(auth_failure)", 2), ("opened_after(reconnect)", 1),
        ("opened_after(closed)", 1), ("opened_after(opened)", 1),
        ("older(5s)", 4), ("older(20s)", 3), ("older(90s)", 1),
        ("older(91s)", 0), ("live + 2 * surplus - 1", 7), ("50% * live", 2), ("live / 4", 1),
        ("live / 0", 0), ("limit", 2), ("drift", 0), ("closes", 0),
    ],
)  # fmt: skip
def test_connections_are_counted(text: str, expected: float) -> None:
    """Of four live ones, seen at 100 s with a window of 30 s."""
    assert expected == value(text, view(MARKED))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("live", 2), ("rise(live)", 1), ("surplus", 0), ("opened_after(auth_failure)", 1)],
)
def test_a_moment_ago_counts_what_is_still_open(text: str, expected: float) -> None:
    """At 79 s two had opened; one that had closed since would not be here at all."""
    assert expected == value(text, view(MARKED, then=79))


@pytest.mark.parametrize(
    ("client", "expected"), [("user u", 1), ("agent 192.0.2.1 x", 1), ("address 192.0.2.1", 0)]
)
def test_what_a_client_holds_if_it_is_told_from_others(client: str, expected: int) -> None:
    """Everybody holds one; behind an address it may be anybody's. Of no client nobody knows."""
    assert expected == value("held", view(client=client))
    assert 0 == value("held", view())


def test_a_twin_counts_while_both_live() -> None:
    """The mark names the line of the other one; without it the twin is alone."""
    pair = [life(1, 10), life(2, 11, "twin")]
    assert pair[1].marks is not None
    pair[1].marks["twin"] = (1, 100, 1)  # the opening line of connection 1
    assert 1 == value("twins", view(pair))
    assert 0 == value("twins", view(pair[1:]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count(auth_failure)", 3), ("count(opened)", 2), ("count(error)", 0),
        ("pairs(auth_failure, opened)", 2), ("pairs(opened, auth_failure)", 1),
        ("distinct(client)", 5), ("distinct(user)", 0),
        ("recent(auth_failure, 15s)", 1), ("recent(auth_failure, 25s)", 2),
        ("recent(auth_failure, 1h)", 3), ("recent(error, 1h)", 0),
    ],
)  # fmt: skip
def test_events_are_counted_in_their_order(text: str, expected: float) -> None:
    """401, 401, opened, 401, opened within the window; the 401 before it does not count."""
    rows = [("auth_failure", 69), ("auth_failure", 70), ("auth_failure", 75), ("opened", 80)]
    seen = window(*rows, ("auth_failure", 85), ("opened", 100))
    assert expected == value(text, seen)


@pytest.mark.parametrize(
    ("intervals", "low", "high"),
    [
        ([5, 5, 5, 5], 0, 0), ([5, 5.2, 4.9, 5.1], 0.01, 0.05), ([1, 2, 4, 8], 0.6, 0.8),
        ([0.1, 9, 0.2, 11], 0.9, 1.1),
    ],
)  # fmt: skip
def test_the_variation_of_intervals(intervals: list[float], low: float, high: float) -> None:
    """A clockwork, one that jitters, a backoff that doubles, and chance."""
    places = [70 + sum(intervals[:n]) for n in range(len(intervals) + 1)]
    seen = window(*[("error", place) for place in places])
    assert condition(f"variation(error) >= {low} and variation(error) <= {high}").holds(seen)


def test_too_few_intervals_are_no_clockwork() -> None:
    """One interval has no variation to speak of; nor have events of the same moment."""
    assert condition("variation(error) > 1000").holds(window(("error", 80), ("error", 90)))
    assert condition("variation(error) > 1000").holds(window(*[("error", 80)] * 5))


def test_variation_without_a_clock() -> None:
    """Lines are no clockwork, however regular."""
    log = Log()
    for place in range(10):
        log("error" if place % 2 else "message")
    assert condition("variation(error) > 1000").holds(view(events=log.events, now=None, line=10))


def test_the_window_in_lines() -> None:
    """Without a clock the last 40 lines are the window."""
    log = Log()
    for _ in range(60):
        log("error")
    assert 20 == value("count(error)", view(events=log.events, now=None, line=80))


def test_a_quantile_of_the_lifetimes() -> None:
    """Of ninety-nine short lives and a long one; none closed yet is longer than any."""
    lifetimes = Lifetimes()
    for _ in range(99):
        lifetimes.add(10 * SECOND)
    lifetimes.add(1000 * SECOND)
    seen = view(MARKED, service=FakeService(lifetimes=lifetimes))
    assert condition("lifetime(p50) > 9s and lifetime(p50) < 11s").holds(seen)
    assert condition("lifetime(p99.5) > 900s and lifetime(p99.5) < 1100s").holds(seen)
    assert condition("older(1.5 * lifetime(p50)) == 3").holds(seen)
    assert condition("lived(9s, 11s) == 99%").holds(seen)
    assert condition("lived(12s, 5m) == 0 and lived(0s, 1h) == 1").holds(seen)
    assert condition("lived(0s, 1h) == 0").holds(view(MARKED))
    assert condition("lifetime(p50) > 100000d").holds(view(MARKED))


def test_what_the_service_tells() -> None:
    """Values of the service as a whole."""
    beat = Heartbeat(settle=60 * SECOND)
    service = FakeService(opened=9, closed=7, drifted=3, allowed=5, heartbeat=beat)
    seen = view(MARKED, service=service)
    assert [9, 7, 3, 5] == [value(text, seen) for text in ("opens", "closes", "drift", "limit")]
    assert condition("settle == 1m").holds(seen)


OF_SERVICE = [
    "restarted", "mass_reconnect", "log_gap", "closes_unseen", "identity_outage", "growth",
    "token_expiry",
]  # fmt: skip


@pytest.mark.parametrize("name", OF_SERVICE)
def test_guards_ask_the_service(name: str) -> None:
    """Each guard holds exactly when its explanation does."""
    assert condition(name).holds(view(service=FakeService(yes=frozenset({name}))))
    others = frozenset(GUARDS) - {name}
    assert not condition(name).holds(view(service=FakeService(yes=others)))


def outcome(guard: str, seen: View) -> str:
    """What a finding says of a guard."""
    return GUARDS[guard].outcome(seen)


@pytest.mark.parametrize("name", ["restarted", "mass_reconnect", "identity_outage", "token_expiry"])
def test_what_nobody_can_tell_explains_nothing(name: str) -> None:
    """The finding says so, and no rule is silenced by it."""
    seen = view(service=FakeService(yes=frozenset({"?"})))
    assert ("cannot_tell", False) == (outcome(name, seen), condition(name).holds(seen))


@pytest.mark.parametrize(
    ("count", "client", "expected"),
    [(2, "user u", "yes"), (3, "user u", "no"), (2, None, "cannot_tell")],
)
def test_several_tabs(count: int, client: str | None, expected: str) -> None:
    """Two are two tabs; of a group that is not one client nobody can tell."""
    lives = [life(number, number) for number in range(count)]
    assert expected == outcome("several_tabs", view(lives, client=client))


@pytest.mark.parametrize(
    ("own", "expected"),
    [({"/feed": 4, "/chat": 2}, "yes"), ({"/feed": 2, "/chat": 4}, "no"),
     ({"/mine": 6}, "yes"), ({"/mine": 9}, "no")],
)  # fmt: skip
def test_several_tabs_on_each_path(own: dict[str, int], expected: str) -> None:
    """Others hold three on one path and one on another: so much more of one client is none of it.

    Where nobody else is, only what clients hold in all says what is usual.
    """
    log = Log()
    for user, paths in {"b": {"/feed": 3, "/chat": 1}, "c": {"/feed": 3}, "a": own}.items():
        for path, count in paths.items():
            for number in range(count):
                log("opened", 0, connection=f"{user}{path}{number}", user=user, path=path)
    many = rule(f"live >= {sum(own.values())}", hold=0)
    (finding,) = follow(log("error", 1), [many]).findings.values()
    assert expected == {one.name: one.outcome for one in finding.guards}["several_tabs"]


@pytest.mark.parametrize(
    ("own", "others", "shut", "expected"),  # path@second, each
    [
        ("/feed@0 /feed@1 /feed@5 /page@60", "/feed /feed /feed /page", 1, "yes"),  # of one load
        ("/feed@0 /feed@1 /feed@5 /page@60", "/feed /feed /feed /page", 0, "no"),  # it closes none
        ("/feed@0 /feed@20 /page@60", "/page", 1, "yes"),  # of two, as `per_client` says
        ("/feed@0 /feed@20 /feed@40 /page@60", "/page", 1, "no"),  # of three
        ("/feed@0 /feed@20 /feed@40 /page@60", "/feed /page", 1, "no"),  # three times as many
        ("/feed@0 /feed@20 /feed@40 /page@60", "/feed /feed /page", 1, "yes"),  # three for two
        ("/feed@0 /feed@20 /chat@40 /chat@50 /page@60", "/feed /chat /page", 1, "yes"),  # on each
        ("/feed@0 /feed@20 /chat@40 /chat@50 /page@60", "/page", 1, "no"),  # where nobody else is
        ("/a@0 /b@20 /c@40 /page@60", "/page", 1, "no"),  # room after room
        ("@0 @20 @40 @60", "", 1, "no"),  # where the log tells no paths
        ("@0 @20 @40 @60", "@ @", 1, "yes"),
    ],
)
def test_what_pages_keep_open_by_design(own: str, others: str, shut: int, expected: str) -> None:
    """As many as others keep on the same path, or as few loads as tabs, and the rest is closed.

    The newest one is the page's own, and left behind is what came before.
    """
    log = Log()
    for user in "bc":
        for number, path in enumerate(others.split()):
            path = path.strip("@")
            log("opened", 0, connection=f"{user}{number}", user=user, path=path or None)
    log("opened", 0, connection="shut", user="a" if shut else "d")
    for number, (path, second) in enumerate(one.split("@") for one in own.split()):
        log("opened", float(second), connection=f"a{number}", user="a", path=path or None)
        if not number:
            log("closed", float(second), connection="shut")
    many = rule(f"live >= {len(own.split())}", "requires: [client]", hold=0)
    found = follow(log("message", 62), [many]).findings.values()
    (finding,) = [one for one in found if one.group["client"] == "a"]
    assert expected == {one.name: one.outcome for one in finding.guards}["by_design"]


def test_nobody_knows_what_is_by_design_where_nobody_is_known() -> None:
    """A group that is no client's has left nothing behind."""
    assert "cannot_tell" == outcome("by_design", view([life(1)], client=None))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [([10, 20, 90], "no"), ([10, 60, 90], "yes"), ([10, 90], "no"), ([None], "cannot_tell")],
)
def test_flapping(seconds: list[float | None], expected: str) -> None:
    """At 100 s more than half are younger than 45 s; without a clock nobody can tell."""
    lives = [life(number, second) for number, second in enumerate(seconds)]
    assert expected == outcome("flapping", view(lives))


@pytest.mark.parametrize(
    ("lives", "client", "yes", "expected"),
    [
        (0, "192.0.2.7", {"brute_force"}, "yes"), (0, "192.0.2.7", set(), "no"),
        (1, "192.0.2.7", {"brute_force"}, "no"), (0, "192.0.2.7", {"?"}, "cannot_tell"),
        (0, None, {"brute_force"}, "cannot_tell"),
    ],
)  # fmt: skip
def test_brute_force(lives: int, client: str | None, yes: set[str], expected: str) -> None:
    """Nobody who guesses passwords holds a connection."""
    log = Log()("auth_failure", 90, client=client)
    service = FakeService(yes=frozenset(yes))
    seen = view([life(1)] * lives, log.events, service=service)
    assert expected == outcome("brute_force", seen)


@pytest.mark.parametrize(
    ("key", "weak"),
    [
        ("user u", False),
        ("agent 10.0.0.7 Firefox", False),
        ("address 10.0.0.7", True),
        (None, True),
    ],
)
def test_a_client_known_by_address_is_weak(key: str | None, weak: bool) -> None:
    """An address is shared by offices and tabs; a user agent beside it is better."""
    assert weak == condition("weak_client_key").holds(view([life(1, client_key=key)]))


def test_a_condition_names_its_connections() -> None:
    """Those that it counts one by one; `live` alone means all; what is negated none."""
    seen = view(MARKED)
    assert {3, 4} == {life.number for life in condition("surplus >= 2 and live >= 2").lives(seen)}
    assert {1, 2, 3, 4} == {life.number for life in condition("live >= 2").lives(seen)}
    assert {2, 3, 4} == {
        life.number for life in condition("opened_after(auth_failure) >= 2").lives(seen)
    }
    assert {3, 4} == {
        life.number for life in condition("older(91s) >= 1 or surplus >= 2").lives(seen)
    }
    assert [] == list(condition("drift >= 0").lives(seen))


def test_equal_questions_are_asked_once_of_each_view() -> None:
    """Whichever rules ask; another view is asked anew, and so is this one after it."""
    told: list[View] = []

    def ask(seen: View) -> float:
        told.append(seen)
        return len(seen.group.lives)

    question = asked("lives", "lives, for this test", ask)
    assert question is asked("lives", "lives, for this test", ask)
    one, other = view(MARKED), view()
    assert [4, 4, 0, 4] == [question.of(seen) for seen in (one, one, other, one)]
    assert [one, other, one] == told


def test_a_condition_names_its_events() -> None:
    """In the order of the log, each once."""
    seen = window(("auth_failure", 75), ("error", 76), ("auth_failure", 80))
    events = condition("count(auth_failure) >= 1 and count(error) >= 1").events(seen)
    assert [75, 76, 80] == [int(str(one.event.client)[1:]) for one in events]
    assert events == condition("pairs(auth_failure, error) >= 1").events(seen)


def test_recent_events_are_named_without_those_before() -> None:
    """What is older is in the window, and no part of it."""
    seen = window(("error", 75), ("error", 76), ("error", 80), ("error", 99))
    events = condition("recent(error, 20s) >= 2").events(seen)
    assert ["c80", "c99"] == [one.event.client for one in events]


MARKS = ["auth_failure:1", "auth_failure:2", "surplus", "twin", "reconnect"]
LIVES = st.lists(
    st.tuples(
        st.sampled_from([0, 40, 75, 90, 99]),
        st.sets(st.sampled_from(MARKS)),
        st.sampled_from(["user u", None]),
    ),
    max_size=6,
)  # fmt: skip
COUNTS = [name for name, function in FUNCTIONS.items() if function.lives]
CALLS = {
    "older": "older(20s)", "rise": "rise(live)", "opened_after": "opened_after(auth_failure)",
    "followed_after": "followed_after(auth_failure)",
}  # fmt: skip
ATOMS = st.builds(
    lambda name, word, least: f"{CALLS.get(name, name)} {word} {least}",
    st.sampled_from([*COUNTS, "drift", "count(error)"]),
    st.sampled_from([">=", ">", "==", "<"]), st.sampled_from([0, 1, 2, 3]),
)  # fmt: skip
TEXTS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({' '.join(t)})"),
        inner.map(lambda text: f"not ({text})"),
    ),
    max_leaves=4,
)


@given(TEXTS, LIVES, st.sampled_from([None, 80]), st.sampled_from(["id", "count"]))
def test_the_first_look_never_misses(
    text: str, rows: list[tuple[int, set[str], str | None]], then: int | None, identity: str
) -> None:
    """What the cheap look at a group excludes never holds."""
    lives = [
        life(place + 1, seconds, *marks, client_key=key, identity=identity)
        for place, (seconds, marks, key) in enumerate(sorted(rows, key=lambda row: row[0]))
    ]
    made, seen = condition(text), view(lives, then=then)
    assert made.possible.of(seen.group, seen.service) or not made.holds(seen)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("live >= 3", False), ("live > 1", True), ("live > 2", False), ("surplus >= 1", False),
        ("live >= 2 and live >= 5", False), ("live >= 5 or live >= 2", True),
        ("live >= 5 or drift >= 1", False), ("not live >= 3", True), ("live < 5", True),
        ("3 <= live", True), ("live >= 3 or count(error) >= 1", False),
        ("live >= 2 and count(error) >= 0", True), ("variation(error) >= 1", True),
    ],
)  # fmt: skip
def test_the_first_look_excludes_what_it_can(text: str, possible: bool) -> None:
    """Two live connections without marks, and no drift; what it cannot tell it lets pass."""
    group = view([life(1), life(2)]).group
    assert possible == condition(text).possible.of(group, FakeService())


def test_the_first_look_at_a_fraction() -> None:
    """Two are more than one and a half."""
    assert condition("live > 1.5").possible.of(view([life(1), life(2)]).group, FakeService())


def test_lived_keeps_examples_and_its_count_through_a_stop() -> None:
    """A close of 60 s is one, with the lines that tell it; a close of 10 s is none."""
    lifetimes, restored = Lifetimes(), Lifetimes()
    minute, example = (50 * SECOND, 65 * SECOND), Example((1, 100), (1, 200), 60 * SECOND)
    closed = life(1), Event("closed", None, 1, 200, 2, "")
    lifetimes.add(60 * SECOND, *closed)
    assert (1.0, []) == (lifetimes.share(*minute), list(lifetimes.examples(*minute)))
    lifetimes.add(60 * SECOND, *closed)
    lifetimes.add(10 * SECOND, *closed)
    restored.restore(json.loads(json.dumps(lifetimes.snapshot())))
    for one in (lifetimes, restored):
        assert (2 / 3, [example]) == (one.share(*minute), list(one.examples(*minute)))


def test_lines_that_lack_something_are_counted() -> None:
    """A close without an id, one without a time; the latest lines are examples."""
    log = Log()("opened", None, connection="a")("closed", None, connection="a")
    log("opened", 1)("closed", 2)("closed", 3, connection="z")
    detector = Detector("app", [rule("unnamed >= 1 and untimed >= 2", hold=0, by=())])
    for event in log("opened", 9, connection="b").events:
        detector.on_event(event)
    quality = detector._known.quality
    assert (1, 2) == (quality.unnamed, quality.untimed)
    (finding,) = detector.drain(ended=True).findings
    assert [300, 500, 600] == sorted(proof.offset for proof in finding.evidence)


def test_the_example_of_an_opening_is_its_own_line() -> None:
    """Even where the next that is known of it is that it closes."""
    log = Log()("opened", 0, connection="a")("opening", 1, connection="b")
    detector = Detector("app", [])
    for event in log("closing", 2, connection="b").events:
        detector.on_event(event)
    sample = detector._known.quality.samples["opened"]
    assert (1, 200) == (sample.source, sample.offset)
