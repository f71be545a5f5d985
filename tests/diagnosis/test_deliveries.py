from __future__ import annotations

import pytest

from tests.diagnosis.builders import Log, follow, rule

MADE = rule("count(misdelivered) >= 1", hold=0)


def told(*deliveries: tuple[float, str, str], status: str = "completed", user: str = "u") -> int:
    """The findings, where message and connection are told at those seconds; b is the newer."""
    log = Log()("opened", 0, connection="a", user="u")("opened", 1, connection="b", user=user)
    for seconds, message, connection in deliveries:
        log("message", seconds, connection=connection, message=message, reason=status)
    log("message", 20, connection="b", message="later", reason="processing")
    return len(follow(log, [MADE], ended=False).findings)


@pytest.mark.parametrize(
    ("deliveries", "expected"),
    [
        ([(10, "m", "a")], 1),
        ([(10, "m", "b")], 0),
        ([(10, "m", "a"), (11, "m", "b")], 0),  # to both, whichever comes first
        ([(10, "m", "b"), (11, "m", "a")], 0),
        ([(10, "m", "a"), (11, "n", "b")], 1),  # of something else
        ([(10, "m", "a"), (12.1, "m", "b")], 1),  # too late for one update
    ],
)
def test_a_final_status_to_the_older_connection_alone(
    deliveries: list[tuple[float, str, str]], expected: int
) -> None:
    """The page listens on the newer one."""
    assert expected == told(*deliveries)


def test_only_final_statuses_count() -> None:
    """Progress that is missed is followed by more of it."""
    assert 0 == told((10, "m", "a"), status="processing")
    assert 1 == told((10, "m", "a"), status="failed")


def test_a_newer_connection_of_another_client_is_nothing() -> None:
    """Each of them has one, and is told."""
    assert 0 == told((10, "m", "a"), user="v")


def test_the_lines_prove_it() -> None:
    """The opening of the newer connection, and what was sent past it."""
    log = Log()("opened", 0, connection="a", user="u")("opened", 1, connection="b", user="u")
    log("message", 10, connection="a", message="m", reason="completed")
    log("message", 20, connection="b", message="n", reason="processing")
    (finding,) = follow(log, [MADE], ended=False).findings.values()
    assert [200, 300] == [proof.offset for proof in finding.evidence]
