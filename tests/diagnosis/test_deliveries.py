from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis import Detector
from logdiag.diagnosis.deliveries import MAX_OWNERS, Deliveries
from logdiag.diagnosis.grouping import Clients
from logdiag.model import Gap, Source
from tests.diagnosis.builders import Log, Told, at, follow, life, rule, stopped, with_stops

KINDS = ("misdelivered", "undelivered", "duplicated")
MADE = [rule(f"count({kind}) >= 1", hold=0, id=kind) for kind in KINDS]

Row = tuple[float, str, str]  # seconds, message, connection; "": to nobody, "*": to three


def opened(user: str = "u") -> Log:
    """Two connections; b is the newer."""
    return Log()("opened", 0, connection="a", user="u")("opened", 1, connection="b", user=user)


def send(log: Log, *deliveries: Row, status: str = "completed") -> Log:
    """Add what is sent, and something later."""
    for seconds, message, to in deliveries:
        if to in ("", "*"):
            log("message", seconds, message=message, reason=status, recipients=3 * (to == "*"))
        else:
            log("message", seconds, connection=to, message=message, reason=status)
    return log("message", 20, connection="b", message="later", reason="processing")


def told(log: Log) -> list[str]:
    """What was found, in the order of the kinds."""
    found = {one.rule for one in follow(log, MADE, ended=False).findings.values()}
    return [kind for kind in KINDS if kind in found]


@pytest.mark.parametrize(
    ("deliveries", "expected"),
    [
        ([(10, "m", "a")], ["misdelivered"]),
        ([(10, "m", "b")], []),
        ([(10, "m", "a"), (11, "m", "b")], ["duplicated"]),  # to both, whichever comes first
        ([(10, "m", "b"), (11, "m", "a")], ["duplicated"]),
        ([(10, "m", "a"), (11, "n", "b")], ["misdelivered"]),  # of something else
        ([(10, "m", "a"), (12.1, "m", "b")], ["misdelivered"]),  # too late for one update
        ([(2, "m", "a")], []),  # the newer one has just opened
    ],
)
def test_a_final_status_to_the_older_connection_alone(
    deliveries: list[Row], expected: list[str]
) -> None:
    """The page listens on the newer one."""
    assert expected == told(send(opened(), *deliveries))


def test_time_alone_tells_what_was_missed() -> None:
    """Any later line does, and silence; also after a stop."""
    log = opened()("message", 10, connection="a", message="m", reason="completed")
    assert ["misdelivered"] == told(log("error", 13))
    log.events.pop()
    for silent, expected in ((11.9, []), (15, ["misdelivered"])):
        detector, found = Detector("app", MADE), Told()
        for event in log.events:
            detector.on_event(event)
        detector = stopped(detector, found.take(detector.drain()), MADE)
        assert detector.suspects
        detector.on_timer(at(silent))
        names = [one.rule for one in found.take(detector.drain()).findings.values()]
        assert expected == names


@pytest.mark.parametrize("clock", [True, False])
@pytest.mark.parametrize(
    ("sent", "expected"), [("a", ["misdelivered"]), ("b", []), ("ab", ["duplicated"])]
)
def test_what_did_not_arrive_before_the_input_ran_out(
    clock: bool, sent: str, expected: list[str]
) -> None:
    """Nothing more comes; while it may, nothing is missed."""
    log = Log()("opened", 0 if clock else None, connection="a", user="u")
    log("opened", 1 if clock else None, connection="b", user="u")
    for _ in range(12):
        log("error", 5 if clock else None)
    for to in sent:
        log("message", 10 if clock else None, connection=to, message="m", reason="completed")
    detector, found = Detector("app", MADE), Told()
    for event in log.events:
        detector.on_event(event)
    found.take(detector.drain(ended=True))
    assert "misdelivered" not in {one.rule for one in found.findings.values()}
    detector.run_out()
    found.take(detector.drain(ended=True))
    assert [(name, "firing") for name in expected] == [
        (one.rule, one.state) for one in found.findings.values()
    ]


@given(st.lists(st.floats(10, 60), max_size=9).map(sorted))
def test_when_the_clock_asks_makes_no_difference(asked: list[float]) -> None:
    """A log that is followed, with looks in its silences, tells what it tells when read at once."""
    log = opened()
    for second, message in ((10, "m"), (14, "n"), (31, "o")):
        log("message", second, connection="a", message=message, reason="completed")
    log("error", 60)
    detector, times = Detector("app", MADE), [*asked]
    for event in log.events:
        while times and at(times[0]) <= (event.time or 0):
            detector.on_timer(at(times.pop(0)))
        detector.on_event(event)
    assert follow(log, MADE).findings == Told().take(detector.drain(ended=True)).findings


def test_only_final_statuses_are_missed() -> None:
    """Progress that is missed is followed by more of it."""
    assert [] == told(send(opened(), (10, "m", "a"), status="processing"))
    assert ["misdelivered"] == told(send(opened(), (10, "m", "a"), status="failed"))


def test_a_newer_connection_of_another_client_is_nothing() -> None:
    """Each of them has one, and is told."""
    assert [] == told(send(opened("v"), (10, "m", "a"), (10, "n", "b")))
    assert [] == told(send(opened("v"), (10, "m", "a"), (10, "m", "b")))


def test_an_update_that_goes_out_twice_counts_once() -> None:
    """However many connections it reaches; twice to the same one is no duplicate."""
    log = opened()("opened", 2, connection="c", user="u")
    three = send(log, (10, "m", "a"), (10.1, "m", "b"), (10.2, "m", "c"), status="processing")
    events = [one.kind for one in three.events]
    assert 4 == events.count("message")
    many = rule("count(duplicated) >= 2", hold=0)
    assert {} == follow(three, [many], ended=False).findings
    assert ["duplicated"] == told(three)
    assert [] == told(send(opened(), (10, "m", "b"), (10.1, "m", "b")))


KNOWN: Row = (5, "m", "a")  # whose m is


@pytest.mark.parametrize(
    ("deliveries", "expected"),
    [
        ([(10, "m", "")], ["undelivered"]),
        ([(10, "m", "*")], []),  # nobody says to which
        ([(10, "n", "")], []),  # nobody knows whose it is
        ([(10, "m", "a")], ["undelivered"]),  # which has closed
        ([(10, "m", "z")], []),  # never heard of
        ([(10, "m", "a"), (11, "m", "b")], []),
        ([(10, "m", ""), (11, "m", "b")], []),
    ],
)
def test_a_final_status_to_nobody(deliveries: list[Row], expected: list[str]) -> None:
    """Its client is known by what was sent of the same before, and has another connection."""
    log = opened()("message", 5, connection="a", message="m", reason="processing")
    log("closed", 6, connection="a", code=1006)
    assert expected == told(send(log, *deliveries))


def test_nobody_is_there_to_be_told() -> None:
    """The client has no connection any more: that is how it should be."""
    log = Log()("opened", 0, connection="a", user="u")
    log("message", 5, connection="a", message="m", reason="processing")
    log("closed", 6, connection="a", code=1001)
    log("message", 10, message="m", reason="completed", recipients=0)
    log("message", 20, message="x", reason="processing", recipients=1)
    assert [] == told(log)


def test_whom_the_line_itself_names() -> None:
    """Then nothing need have been sent before."""
    log = opened()("message", 10, message="m", reason="failed", recipients=0, user="u")
    assert ["undelivered"] == told(send(log))


def test_what_belongs_to_two_clients_is_nobodys() -> None:
    """A page that several people look at: nobody can say who missed it."""
    log = opened("v")("message", 5, connection="a", message="m", reason="processing")
    log("message", 5, connection="b", message="m", reason="processing")
    assert [] == told(send(log, (10, "m", "")))


def test_a_gap_makes_closed_ones_unknown() -> None:
    """They may be there still."""
    detector = Detector("app", MADE)
    log = opened()("message", 5, connection="a", message="m", reason="processing")
    for event in log.events:
        detector.on_event(event)
    detector.on_gap(Gap(Source(1, "app", "app.log"), 350, None, "lost"))
    rest = Log(line=9)("opened", 7, connection="c", user="u")
    for event in send(rest, (10, "m", "a")).events:
        detector.on_event(event)
    assert {} == Told().take(detector.drain()).findings


@pytest.mark.parametrize("cut", range(3, 7))
def test_a_stop_changes_nothing(cut: int) -> None:
    """What waits for its second delivery goes through JSON and back."""
    log = opened()("message", 5, connection="a", message="m", reason="processing")
    log("closed", 6, connection="a", code=1006)
    send(log, (10, "m", ""), (10, "n", "b"))
    expected = follow(log, MADE, ended=False).findings
    assert expected
    assert expected == with_stops(log, MADE, cut, ended=False).findings


def test_the_lines_prove_it() -> None:
    """The opening of the newer connection, and what was sent past it."""
    log = send(opened(), (10, "m", "a"))
    (finding,) = follow(log, MADE, ended=False).findings.values()
    assert [200, 300] == [proof.offset for proof in finding.evidence]
    log = send(opened(), (10, "m", "a"), (11, "m", "b"))
    (finding,) = follow(log, MADE, ended=False).findings.values()
    assert [300, 400] == [proof.offset for proof in finding.evidence]


def test_what_is_remembered_is_bounded() -> None:
    """The oldest goes first."""
    deliveries = Deliveries(Clients([]))
    one = life(1)
    for number in range(MAX_OWNERS + 5):
        event = Log()("message", number, connection="c1", message=f"m{number}", reason="x").events
        assert [] == list(deliveries.take(event[0], one, None, (None, number), gone=False))
    assert MAX_OWNERS == len(deliveries.snapshot()["owners"])


@pytest.mark.parametrize(("since", "now"), [(10, 10 + 2.1), (10, 10 - 2.1), (None, 5)])
def test_what_is_far_is_overdue(since: float | None, now: float) -> None:
    """On either side, as where a clock is set back; by lines where its time is not known."""
    deliveries = Deliveries(Clients([]))
    event = Log()("message", since, connection="c1", message="m", reason="x").events[0]
    went = None if since is None else at(since)
    assert not deliveries.late((at(now), 20))
    deliveries.take(event, life(1), None, (went, 1), gone=False)
    assert [False, True] == [
        deliveries.late(then) for then in ((went or at(now), 11), (at(now), 12))
    ]
