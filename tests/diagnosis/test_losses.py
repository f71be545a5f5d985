from __future__ import annotations

from collections.abc import Iterable

import pytest

from logdiag.diagnosis import Detector
from logdiag.diagnosis.losses import MAX_NEWER, MAX_WAITING
from logdiag.model import Gap, Source
from tests.diagnosis.builders import Log, Told, at, follow, rule, with_stops

PING = "ping timeout"
KINDS = ("lost", "timed_out", "half_open")
MADE = [rule(f"count({kind}) >= {n}", id=f"{kind}{n}", hold=0, within=10**15, by=())
        for kind in KINDS for n in range(1, 4)]  # fmt: skip

Close = tuple[float, str, str]


def opened(*seconds: float) -> Log:
    """One client opens connections a, b, c ... then."""
    log = Log()
    for number, second in enumerate(seconds):
        log("opened", second, connection=chr(97 + number), user="u")
    return log


def closed(log: Log, closes: Iterable[Close]) -> Log:
    """Some of them close, then, each for its reason."""
    for second, name, reason in closes:
        log("closed", second, connection=name, reason=reason)
    return log


def counted(told: Told) -> list[int]:
    """How many of each kind."""
    found = [one.rule for one in told.findings.values()]
    return [sum(kind in one for one in found) for kind in KINDS]


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        ([(110, "a", PING)], [1, 1, 0]),  # 109 s after b, which was the first
        ([(130, "a", PING)], [1, 0, 0]),  # 30 s after c, but b may have been the one
        ([(230, "a", PING)], [1, 0, 1]),  # 130 s after c
        ([(130, "a", PING), (175, "c", PING)], [1, 0, 1]),  # 129 s after b, for c went with it
        ([(125, "a", PING), (126, "b", PING)], [2, 1, 0]),  # b may have come back, and gone
        ([(130, "a", PING), (175.1, "c", PING)], [1, 0, 0]),  # c went by itself
        ([(230, "a", PING), (240, "c", PING), (274, "b", PING)], [0, 0, 0]),  # all of them went
        ([(230, "c", PING), (240, "a", PING), (274, "b", PING)], [0, 0, 0]),  # in whatever order
        ([(230, "a", PING), (240, "c", PING), (274, "b", "transport close")], [1, 0, 1]),
    ],
)  # fmt: skip
def test_the_newest_one_that_did_not_go_as_well(closes: list[Close], expected: list[int]) -> None:
    """A laptop that sleeps takes all of its connections along."""
    log = closed(opened(0, 1, 100), closes)("error", 500)
    assert expected == counted(follow(log, MADE))


def test_it_is_counted_when_it_was() -> None:
    """Though it is known only 45 s later, be it by the next line or by a look in the silence."""
    log = closed(opened(0, 1), [(230, "a", PING)])
    expected = follow(Log(log.source, log.pattern, [*log.events], log.line)("error", 500), MADE)
    for until, found in ((275, []), (285, [at(230)])):
        detector = Detector("app", MADE)
        for event in log.events:
            detector.on_event(event)
        assert detector.suspects
        detector.on_timer(at(until))
        told = Told().take(detector.drain())
        assert found == sorted({finding.fired_at for finding in told.findings.values()})
    assert expected.findings == told.findings


def test_what_is_not_known_at_the_end_is_believed() -> None:
    """Nothing follows."""
    detector = Detector("app", MADE)
    for event in closed(opened(0, 1), [(230, "a", PING)]).events:
        detector.on_event(event)
    assert [0, 0, 0] == counted(Told().take(detector.drain(ended=True)))
    detector.run_out()
    assert [1, 0, 1] == counted(Told().take(detector.drain(ended=True)))


def test_what_a_restart_or_a_gap_ended_shows_nothing() -> None:
    """It might have been dead, too."""
    log = closed(opened(0, 1), [(230, "a", PING)])
    assert [0, 0, 0] == counted(follow(log("server_stop", 240)("error", 500), MADE))
    detector = Detector("app", MADE)
    for event in closed(opened(0, 1), [(230, "a", PING)]).events:
        detector.on_event(event)
    detector.on_gap(Gap(Source(1, "app", "app.log"), 350, None, "lost"))
    detector.on_timer(at(500))
    assert [0, 0, 0] == counted(Told().take(detector.drain(ended=True)))


@pytest.mark.parametrize("cut", range(3, 7))
def test_a_stop_changes_nothing(cut: int) -> None:
    """What waits goes through JSON and back."""
    log = closed(opened(0, 1, 100), [(130, "a", PING), (174, "c", PING)])("error", 500)
    expected = follow(log, MADE, ended=False).findings
    assert expected
    assert expected == with_stops(log, MADE, cut, ended=False).findings


def test_what_it_is_held_against_is_no_evidence() -> None:
    """Of two losses one was late: that one is shown."""
    log = closed(opened(0, 1), [(230, "a", PING)])("opened", 240, connection="x", user="v")
    log("opened", 250, connection="y", user="v")("closed", 260, connection="x", reason=PING)
    late = rule("count(half_open) >= 15% * count(lost)", hold=0, within=10**15, by=())
    (finding,) = follow(log("error", 500), [late]).findings.values()
    assert [100, 200, 300] == [proof.offset for proof in finding.evidence]


def test_what_waits_is_bounded() -> None:
    """Of a storm the oldest are judged at once; of many connections the newest are looked at."""
    detector, log = Detector("app", MADE), Log()
    for number in range(MAX_WAITING + 1):
        log("opened", 0, connection=f"a{number}", user=f"u{number}")
        for other in range(MAX_NEWER + 1):
            log("opened", 1, connection=f"b{number}.{other}", user=f"u{number}")
    for number in range(MAX_WAITING + 1):
        log("closed", 200, connection=f"a{number}", reason=PING)
    for event in log.events:
        detector.on_event(event)
    (held,) = (state for state in [detector.snapshot()["notes"]["losses"]])
    assert (MAX_WAITING + 1, MAX_NEWER) == (len(held), len(held[0][-1]))
    detector.on_event(log("error", 200).events[-1])
    assert [1, 0, 1] == counted(Told().take(detector.drain()))
    assert MAX_WAITING == len(detector.snapshot()["notes"]["losses"])
