from __future__ import annotations

from typing import Any

import pytest

from logdiag.diagnosis.derived import unanswered
from logdiag.model import Event
from tests.diagnosis.builders import Log, follow, rule

USER = {"user": "u"}


def counted(log: Log, what: str) -> int:
    """How many of those a rule counts, at the end of the log."""
    made = [rule(f"count({what}) >= {n}", id=f"n{n}", hold=0) for n in (1, 2, 3)]
    return len(follow(log, made).findings)


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


def test_the_newer_opening_is_evidence() -> None:
    """Its line, and that of the close."""
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    made = rule("count(overlap) >= 1", hold=0)
    (finding,) = follow(log("closed", 2, connection="a"), [made]).findings.values()
    assert [200, 300] == [proof.offset for proof in finding.evidence]


@pytest.mark.parametrize(
    ("seconds", "close", "expected"),
    [
        (46, {"code": 1006}, ""), (45, {"reason": "ping timeout"}, "timed_out"),
        (46, {"code": 1001}, ""), (46, {"reason": "ping timeout"}, "half_open"),
        (46, {"reason": "transport close"}, ""), (2, {"reason": "transport close"}, ""),
    ],
)  # fmt: skip
def test_half_open_lingers_and_does_not_answer(
    seconds: float, close: dict[str, Any], expected: str
) -> None:
    """H after the newer one opened (at 1 s), and by a timeout; earlier is in time."""
    for kind in ("timed_out", "half_open"):
        log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
        log("closed", seconds, connection="a", **close)
        assert (kind == expected) == counted(log, kind)


def test_a_client_that_came_back_twice() -> None:
    """What counts is when it came back first; which line proves it, too."""
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    log("opened", 50, connection="c", **USER)
    log("closed", 60, connection="a", reason="ping timeout")
    (finding,) = follow(log, [rule("count(half_open) >= 1", hold=0)]).findings.values()
    assert [200, 400] == [proof.offset for proof in finding.evidence]


def test_what_the_server_terminated_did_not_answer() -> None:
    """Code 1006 after the server began to close it; a reset has the code alone."""
    log = Log()("opened", 0, connection="a", **USER)("opened", 1, connection="b", **USER)
    log("closing", 60, connection="a")("closed", 60, connection="a", code=1006)
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
