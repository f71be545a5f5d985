from __future__ import annotations

import pytest

from logdiag.diagnosis import Detector
from logdiag.diagnosis.handshakes import MAX_BEGUN, Handshakes
from logdiag.model import Event
from tests.diagnosis.builders import Log, Told, at, life, rule, stopped

CLOSED_WHEN_OPEN = rule("opened_after(cleanup) >= 2 and chance <= 100%", by=("client",), hold=0)


def handshake(known: Handshakes, number: int, begun: float | None, took: float) -> None:
    """One that begins then and takes so long, of the connection of that number."""
    time = None if begun is None else at(begun)
    end = None if begun is None else at(begun + took)
    known.begins(Event("opening", time, 1, 0, 1, "", connection=f"c{number}"))
    known.ends(life(number), Event("opened", end, 1, 0, 1, "", connection=f"c{number}"))


@pytest.mark.parametrize(
    ("begun", "numbers", "expected"),
    [
        (5, {1, 2, 3}, "handshakes whose page had gone took 2 s at the median, others 0.5 s"),
        (5, {1, 2, 3, 4, 5}, "handshakes whose page had gone took 1 s at the median"),
        (5, {9}, ""), (5, set(), ""), (None, {1}, ""),
    ],
)  # fmt: skip
def test_those_of_some_against_all_others(
    begun: float | None, numbers: set[int], expected: str
) -> None:
    """Medians, so that one that hung says little; nothing of those that nobody timed."""
    known = Handshakes()
    for number, took in enumerate([1, 2, 900, 0.4, 0.6], 1):
        handshake(known, number, begun, took)
    assert expected == known.grounds(numbers)


def test_what_never_ends_is_forgotten() -> None:
    """The oldest first; who opened without a word before has no handshake."""
    known = Handshakes()
    for number in range(MAX_BEGUN + 1):
        known.begins(Event("opening", at(0), 1, 0, 1, "", connection=f"c{number}"))
    for number in (0, MAX_BEGUN, MAX_BEGUN + 1):
        known.ends(life(number), Event("opened", at(3), 1, 0, 1, ""))
    assert "" == known.grounds({0, MAX_BEGUN + 1})
    assert "took 3 s" in known.grounds({MAX_BEGUN})


def test_a_finding_on_pages_that_had_gone_tells_how_long_they_took() -> None:
    """Theirs took two seconds, the one in use a quarter of one; stops change nothing."""
    log = Log(pattern="browser:1")
    for begun, name, took, gone in ((0, "a", 2, True), (10, "b", 2, True), (20, "c", 0.25, False)):
        log("opening", begun, connection=name, user="u")
        if gone:
            log("cleanup", begun + 0.5, connection=name, state=0, user="u")
        log("opened", begun + took, connection=name, user="u", pattern="browser:2")
    log("message", 60)("message", 70)
    detector, told = Detector("app", [CLOSED_WHEN_OPEN]), Told()
    for event in log.events:
        detector.on_event(event)
        detector = stopped(detector, told.take(detector.drain()), [CLOSED_WHEN_OPEN])
    (finding,) = told.take(detector.drain(ended=True)).findings.values()
    assert "firing" == finding.state
    expected = "Handshakes whose page had gone took 2 s at the median, others 0.25 s"
    assert expected == finding.note
