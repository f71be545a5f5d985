from __future__ import annotations

import pytest

from logdiag.diagnosis import Detector
from logdiag.model import SECOND
from tests.diagnosis.builders import Log, Told, follow, rule, stopped

PENDING = rule("live >= 1", hold=10_000 * SECOND)  # keeps the detector looking at the clock


def guard(log: Log, name: str, least: int = 3) -> str:
    """A guard's outcome in the finding of `live >= least`, which must be there."""
    told = follow(log, [rule(f"live >= {least}", hold=0)])
    (finding,) = told.findings.values()
    return {one.name: one.outcome for one in finding.guards}[name]


def opened(log: Log, names: str, seconds: float, **fields: object) -> Log:
    """One connection per letter."""
    for name in names:
        log("opened", seconds, connection=name, **fields)
    return log


@pytest.mark.parametrize("kind", ["server_start", "server_stop"])
def test_a_start_or_stop_line_ends_what_was_open(kind: str) -> None:
    """A killed process logs no closes."""
    log = opened(Log(), "ab", 0)(kind, 60)
    told = follow(opened(log, "c", 61))
    assert {"a": "superseded", "b": "superseded", "c": "open"} == told.states()
    assert 1 == told.live()


def test_closes_of_nobody_after_a_stop_line_are_those_that_it_ended() -> None:
    """A server that stops in order: three ended, by whichever line. A fourth close is another's."""
    log = Log()
    for second in range(3):
        log("opened", second)
    log("server_stop", 60)("closed", 61)("closed", 62)("closed", 63)
    told = follow(log)
    assert ["superseded"] * 3 == list(told.states().values())
    assert [(1, 500, 1, 400), (1, 600, 1, 400), (1, 700, 1, 400)] == told.echoes
    assert ["superseded"] * 3 + ["closed"] == list(follow(log("closed", 64)).states().values())


def test_the_next_server_has_closes_of_its_own() -> None:
    """What it opens it closes, though the old one was killed and told of no close."""
    log = Log()("opened", 0)("opened", 1)("server_stop", 60)("opened", 70)("closed", 80)
    assert ["superseded", "superseded", "closed"] == list(follow(log).states().values())
    assert [] == follow(log).echoes


def test_closes_after_a_stop_line_belong_to_its_worker() -> None:
    """Another worker's close ends one of its own."""
    log = Log()("opened", 0, process="101")("opened", 1, process="102")
    log("server_stop", 60, process="101")("closed", 61, process="102")
    assert ["superseded", "closed"] == list(follow(log).states().values())
    assert [(1, 500, 1, 300)] == follow(log("closed", 62, process="101")).echoes


def test_a_stop_of_our_own_between_the_server_s_and_its_closes() -> None:
    """The closes are known all the same when we come back."""
    log = Log()("opened", 0)("opened", 1)("server_stop", 60)("closed", 61)("closed", 62)
    detector, told = Detector("app", []), Told()
    for event in log.events:
        detector.on_event(event)
        detector = stopped(detector, told.take(detector.drain()), [])
    assert follow(log).states() == told.states()
    assert follow(log).echoes == told.echoes


def test_a_stop_line_of_one_worker_ends_its_own() -> None:
    """The other workers go on."""
    log = opened(opened(Log(), "a", 0, process="101"), "b", 1, process="102")
    told = follow(log("server_stop", 60, process="101"))
    assert {"a": "superseded", "b": "open"} == told.states()


def test_a_new_process_replaces_the_old_one_that_is_silent() -> None:
    """A minute after the new one first spoke and with no word of the old one."""
    log = opened(opened(Log(), "ab", 0, process="101"), "c", 10, process="102")
    assert "open" == follow(log("message", 69, process="102"), [PENDING]).states()["a"]
    told = follow(log("message", 80, process="102"), [PENDING])
    assert {"a": "superseded", "b": "superseded", "c": "open"} == told.states()


def test_a_new_process_beside_the_old_one_is_another_worker() -> None:
    """While the old one speaks, nothing ends."""
    log = opened(opened(Log(), "a", 0, process="101"), "b", 10, process="102")
    for second in range(20, 200, 10):
        log("message", second, process="101")("message", second + 1, process="102")
    assert {"a": "open", "b": "open"} == follow(log, [PENDING]).states()


def test_a_restart_is_told_to_the_rules() -> None:
    """What follows within two minutes of it may be clients that come back."""
    log = opened(Log(), "ab", 0)("server_start", 60)
    assert "yes" == guard(opened(log, "cde", 61)("message", 100), "restarted")


def test_a_restart_after_all_had_closed() -> None:
    """The old process closed them in order and said no more."""
    log = opened(Log(), "a", 0)("closed", 55, connection="a")("server_start", 60)
    assert "yes" == guard(opened(log, "cde", 61)("message", 100), "restarted")


def test_a_restart_long_ago_explains_nothing() -> None:
    """After two minutes it does no more."""
    log = opened(Log(), "ab", 0)("server_start", 60)
    assert "no" == guard(opened(log, "cde", 190)("message", 200), "restarted")


def test_a_first_start_is_no_restart() -> None:
    """The log begins with the server: nobody was there to come back."""
    log = Log()("server_start", 0, process="101")
    assert "no" == guard(opened(log, "abc", 5, process="101")("message", 100), "restarted")


def test_a_total_that_begins_again_is_a_restart() -> None:
    """No start line is needed."""
    log = Log()
    for place, total in enumerate((1, 2, 3, 1, 2, 3, 4)):
        log("opened", place * 10, connection=str(place), total=total)
    told = follow(log)
    assert ["superseded"] * 3 + ["open"] * 4 == [state for _, state in told.sequence()]
    assert "yes" == guard(log("message", 100), "restarted", least=4)


def test_the_ended_connections_name_the_line() -> None:
    """The start line closes them, at its time."""
    told: Told = follow(opened(Log(), "a", 0)("server_start", 60))
    (one,) = told.connections.values()
    assert ((1, 200), 60 * SECOND) == (one.closed_line, (one.closed_at or 0) - (one.opened_at or 0))


def test_the_end_of_a_short_log_asks_what_was_around_the_openings() -> None:
    """A restart just before them explains them, also when the log ends more than 2 min later."""
    log = opened(opened(Log(), "a", 0)("server_start", 5), "cde", 10)("message", 135)
    made = rule("live >= 3", more="unless: restarted\nat_end: fire", hold=200 * SECOND)
    (finding,) = follow(log, [made]).findings.values()
    assert "pending" == finding.state
