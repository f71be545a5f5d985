from __future__ import annotations

from typing import Any

import pytest

from logdiag.diagnosis import Detector
from logdiag.diagnosis.derived import unanswered
from logdiag.model import Event
from tests.diagnosis.builders import Log, Told, follow, rule, stopped

USER = {"user": "u"}


def counted(log: Log, what: str) -> int:
    """How many of those a rule counts, long after the end of the log."""
    made = [rule(f"count({what}) >= {n}", id=f"n{n}", hold=0) for n in (1, 2, 3)]
    detector = Detector("app", made)
    for event in log.events:
        detector.on_event(event)
    detector.run_out()
    return len(Told().take(detector.drain(ended=True)).findings)


def test_an_overlap_is_a_close_behind_the_newer_opening() -> None:
    """Open A, open B, close A; the other way round it is none."""
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    assert 1 == counted(log("closed", 2, connection="a"), "overlap")
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    assert 0 == counted(log("closed", 2, connection="b")("closed", 3, connection="a"), "overlap")


def test_overlaps_are_of_one_client() -> None:
    """Another client's opening is nothing to this one."""
    log = Log()("opened", 0, connection="a", user="u")("opened", 1, connection="b", user="v")
    assert 0 == counted(log("closed", 2, connection="a"), "overlap")


def test_a_restart_is_no_overlap() -> None:
    """It ends all of them, whoever is newer."""
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    assert 0 == counted(log("server_stop", 2), "overlap")


def test_both_openings_are_evidence() -> None:
    """Their lines, and that of the close."""
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    made = rule("count(overlap) >= 1", hold=0)
    (finding,) = follow(log("closed", 2, connection="a"), [made]).findings.values()
    assert [100, 200, 300] == [proof.offset for proof in finding.evidence]


@pytest.mark.parametrize(
    ("seconds", "close", "expected"),
    [
        (121, {"code": 1006}, ""), (120, {"reason": "ping timeout"}, "timed_out"),
        (121, {"code": 1001}, ""), (121, {"reason": "ping timeout"}, "half_open"),
        (121, {"reason": "transport close"}, ""), (2, {"reason": "transport close"}, ""),
    ],
)  # fmt: skip
def test_half_open_lingers_and_does_not_answer(
    seconds: float, close: dict[str, Any], expected: str
) -> None:
    """2 min after the newer one opened (at 1 s), and by a timeout; earlier is in time."""
    for kind in ("timed_out", "half_open"):
        log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
        log("closed", seconds, connection="a", **close)
        assert (kind == expected) == counted(log, kind)


def test_a_client_that_came_back_twice() -> None:
    """What counts is when it came back last; that line proves it."""
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    log("opened", 100, connection="c", **USER)
    log("closed", 221, connection="a", reason="ping timeout")("error", 300)
    (finding,) = follow(log, [rule("count(half_open) >= 1", hold=0)]).findings.values()
    assert [100, 300, 400] == [proof.offset for proof in finding.evidence]


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        ({"code": 4401}, 1), ({"code": 3003, "reason": "bye"}, 1), ({"code": 1008}, 0),
        ({"code": 1008, "reason": "Token has expired"}, 1), ({"reason": "jwt expired"}, 1),
        ({"reason": "Unauthorised"}, 1), ({"reason": "session timeout"}, 0), ({}, 0),
    ],
)  # fmt: skip
def test_who_is_let_in_and_turned_away(close: dict[str, Any], expected: int) -> None:
    """The code or the reason says so; a violation of some policy may be any."""
    log = Log()("opened", 0, connection="a", **USER)("closed", 1, connection="a", **close)
    assert expected == counted(log, "turned_away")


@pytest.mark.parametrize(
    ("seconds", "close", "expected"),
    [
        (1.9, {}, 0), (2, {}, 1), (45.9, {"code": 1001}, 1), (46, {}, 0),
        (20, {"reason": "ping timeout"}, 0), (None, {}, 0),
    ],
)  # fmt: skip
def test_what_drains(seconds: float | None, close: dict[str, Any], expected: int) -> None:
    """From a round trip to H after the newer one opened (at 1 s); a timeout has its own name."""
    log = Log()("opened", None if seconds is None else 0, connection="a", **USER)
    log("opened", None if seconds is None else 1, connection="b", **USER)
    assert expected == counted(log("closed", seconds, connection="a", **close), "drained")


def test_who_holds_others_still_has_not_drained() -> None:
    """Of three tabs one is closed: two are left."""
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    log("opened", 2, connection="c", **USER)("closed", 5, connection="b")
    assert 0 == counted(log, "drained")
    assert 1 == counted(log("closed", 6, connection="a"), "drained")


def test_what_the_server_terminated_did_not_answer() -> None:
    """Code 1006 after the server began to close it; a reset has the code alone."""
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    log("closing", 130, connection="a")("closed", 130, connection="a", code=1006)
    assert 1 == counted(log, "half_open")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("ping timeout", True), ("keepalive ping timeout; no close frame received", True),
        ("Heartbeat timed out", True), ("no pong received", True), ("idle timeout", True),
        ("client namespace disconnect", False), ("request timeout", False), (None, False),
    ],
)  # fmt: skip
def test_who_no_longer_answered(reason: str | None, expected: bool) -> None:
    """By the words of servers and people."""
    assert expected == unanswered(Event("closed", None, 1, 0, 1, "", reason=reason))


def test_an_unmount_while_connecting_marks_the_next_opening() -> None:
    """State 0 does; a socket that was open had nothing to miss."""
    for state, expected in ((0, 1), (1, 0), (None, 0)):
        log = Log()("cleanup", 0, state=state)("opened", 2, connection="a", **USER)
        made = rule("opened_after(cleanup) >= 1", hold=0)
        assert expected == len(follow(log, [made]).findings)


def test_pages_left_in_haste_each_explain_one_opening() -> None:
    """In their order, though all of their sockets open after the last of them went."""
    log, rules = Log(), [rule("opened_after(cleanup) >= 3", hold=0)]
    for second in (0, 1, 2):
        log("cleanup", second, state=0, user="u")
    for second, name in enumerate("abc", 3):
        log("opened", second, connection=name, user="u")
    detector, told = Detector("app", rules), Told()
    for event in log.events:
        detector.on_event(event)
        detector = stopped(detector, told.take(detector.drain()), rules)
    told.take(detector.drain(ended=True))
    for findings in (told.findings, follow(log, rules).findings):
        assert [3] == [finding.connections_total for finding in findings.values()]


def handshakes(*rows: tuple[str, float, str], user: str = "u") -> Log:
    """A log of these kinds, seconds and connections."""
    log = Log()
    for kind, seconds, name in rows:
        log(kind, seconds, connection=name, user=user)
    return log


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("opening", 0, "a"), ("opened", 10, "b"), ("opened", 91, "c")], 1),
        ([("opening", 0, "a"), ("opened", 10, "b"), ("opened", 90, "c")], 0),
        ([("opening", 0, "a"), ("opened", 91, "a"), ("opened", 92, "c")], 0),
        ([("opening", 0, "a"), ("rejected", 9, "a"), ("opened", 92, "c")], 0),
        ([("opened", 0, "b"), ("opening", 1, "a"), ("closed", 2, "b"), ("opening", 95, "c")], 0),
        ([("opening", 0, "a"), ("opened", 91, "b"), ("opened", 92, "c"), ("opened", 93, "d")], 1),
        ([("opening", 0, "a"), ("opening", 1, "b"), ("opened", 95, "c")], 2),
    ],
)
def test_a_handshake_hangs(rows: list[tuple[str, float, str]], expected: int) -> None:
    """For more than S, while its client has a newer connection; it is told once."""
    assert expected == counted(handshakes(*rows), "hanging")


def test_a_handshake_that_was_told_is_not_told_again_after_a_stop() -> None:
    """Its mark travels with the connection."""
    made = [rule(f"count(hanging) >= {n}", id=f"n{n}", hold=0) for n in (1, 2)]
    log = handshakes(("opening", 0, "a"), ("opened", 91, "b"), ("opened", 92, "c"))
    detector, told = Detector("app", made), Told()
    for event in log.events:
        detector.on_event(event)
        told.take(detector.drain())
        detector = stopped(detector, told, made)
    assert ["n1"] == [one.rule for one in told.findings.values()]
