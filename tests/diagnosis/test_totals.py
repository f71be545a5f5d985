from __future__ import annotations

from collections.abc import Callable

import pytest

from logdiag.diagnosis.connections import Connections
from logdiag.diagnosis.totals import Totals
from logdiag.model import Event, Transition
from tests.diagnosis.builders import Log


def count(log: Log, connections: Connections | None = None) -> Connections:
    """The connections after a log without echoes."""
    connections = connections or Connections("app")
    for event in log.events:
        connections.on_event(event, connections.names.find(event), event.line)
    return connections


def live(connections: Connections) -> int:
    """Live connections as the last step tells them."""
    return Transition(*connections.transitions[-1]).live


def live_and_drift(log: Log) -> tuple[int, int]:
    """Live connections as the last step tells them, and the server's surplus."""
    connections = count(log)
    return live(connections), connections.totals.drift


def states(connections: Connections) -> list[str]:
    """The state of each connection, in the order in which they began."""
    return [life.state for life in connections.dirty]


def series(*totals: tuple[str, int], step: float | None = 10, **fields: object) -> Log:
    """Events with totals; `step` seconds apart (None: no clock)."""
    log = Log()
    for place, (kind, total) in enumerate(totals):
        log(
            kind,
            None if step is None else place * step,
            total=total,
            pattern=f"app:{kind}",
            **fields,
        )
    return log


def test_totals_that_fit_change_nothing() -> None:
    """1, 2, 1, 2: the lines account for all of it."""
    log = series(("opened", 1), ("opened", 2), ("closed", 1), ("opened", 2))
    assert (2, 0) == live_and_drift(log)


def test_a_close_that_leaves_the_count_is_kept_in_mind() -> None:
    """Openings that follow do not explain away what the server never let go of."""
    sound = (("opened", 1), ("closed", 0), ("opened", 1))
    log = series(*sound, ("closed", 1), ("opened", 2), ("opened", 3), ("closed", 3))
    assert (1, 2) == live_and_drift(log)


@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_loggers_that_are_off_by_one(shift: int) -> None:
    """Some count before they log, some after; what is constant per wording is no drift."""
    log = Log()
    for place in range(6):
        log("opened", place * 10, connection=f"c{place}", total=1 + shift, pattern="app:1")
        log("closed", place * 10 + 5, connection=f"c{place}", total=max(0, shift), pattern="app:2")
    detector_live, drift = live_and_drift(log)
    assert 0 == drift
    assert detector_live == max(0, shift)  # a total above ours: opened before the log began


def test_a_log_that_begins_in_the_middle() -> None:
    """The first total tells how many were open before; they count as live, and may close."""
    assert (38, 0) == live_and_drift(series(("opened", 40), ("closed", 39), ("closed", 38)))


def test_the_first_total_counts_at_once() -> None:
    """The very step that brings the first total already tells the live count it implies."""
    assert (40, 0) == live_and_drift(series(("opened", 40)))


def test_closes_that_nobody_logged() -> None:
    """3, then 2 after one more opening: two ended without a line."""
    log = series(("opened", 1), ("opened", 2), ("opened", 3), ("opened", 2))
    assert (2, 0) == live_and_drift(log)


def test_what_was_open_before_the_log_ends_first() -> None:
    """Totals of 3 and 3 at two openings: one ended meanwhile, and it is none that we saw open."""
    connections = count(series(("opened", 3), ("opened", 3)))
    assert (["open", "open"], 3) == (states(connections), live(connections))


def test_closes_that_nobody_logged_are_closes() -> None:
    """The youngest but the new one end as closed, in the total's own line."""
    log = series(("opened", 1), ("opened", 2), ("opened", 3), ("opened", 2))
    connections = count(log)
    assert ["open", "closed", "closed", "open"] == states(connections)
    assert 2 == connections.closes


def test_a_total_that_starts_again_is_a_restart() -> None:
    """From three or more to one: nobody closes three at once, a new process begins at one."""
    log = series(("opened", 1), ("opened", 2), ("opened", 3), ("opened", 1))
    connections = count(log)
    assert ["superseded"] * 3 + ["open"] == states(connections)
    assert 0 == connections.closes


def test_a_small_total_that_starts_again_is_two_closes() -> None:
    """From two to one with an opening: one close was not logged; no restart is claimed."""
    connections = count(series(("opened", 1), ("opened", 2), ("opened", 2)))
    assert ["open", "closed", "open"] == states(connections)


def test_totals_of_rooms_are_not_the_services() -> None:
    """Contradictions in turn: after the third the number is not believed any more."""
    rooms = [5, 1, 9, 2, 7, 1, 8, 3, 6, 2, 9, 1, 5, 2]
    log = series(*(("opened", total) for total in rooms))
    connections = count(log)
    before = live(connections)
    more = Log(line=100)("opened", 1000, total=2, pattern="app:opened")
    assert before + 1 == live(count(more, connections))
    assert 0 == connections.totals.drift


def test_drift_rises_with_each_close_that_is_not_counted() -> None:
    """The transport closed, the application's total stays: the server never let go."""
    log = Log()
    drifts = []
    for place in range(5):
        log("opened", place * 20, connection=f"c{place}", total=place + 1, pattern="app:1")
        log("closed", place * 20 + 9, connection=f"c{place}", total=place + 1, pattern="app:2")
        drifts.append(live_and_drift(log)[1])
    # The first close sets what is usual for its wording.
    assert [0, 1, 2, 3, 4] == drifts


def test_drift_ends_when_the_total_catches_up() -> None:
    """A total that comes back down takes the drift along."""
    log = Log()
    for place in range(4):
        log("opened", place * 20, connection=f"c{place}", total=place + 1, pattern="app:1")
        log("closed", place * 20 + 9, connection=f"c{place}", total=place + 1, pattern="app:2")
    log("opened", 100, connection="z", total=1, pattern="app:1")
    assert 0 == live_and_drift(log)[1]


def test_totals_are_by_process() -> None:
    """Each worker counts its own connections; the other's number does not contradict it."""
    log = Log()
    for place in range(4):
        log("opened", place, total=place + 1, process="101")
        log("opened", place + 0.5, total=place + 1, process="102")
    assert (8, 0) == live_and_drift(log)


@pytest.mark.parametrize("process", [None, "101"])
def test_a_server_that_stops_counts_down_to_zero(process: str | None) -> None:
    """It ended all at once, by its own word; the closes that it logs still are no drift."""
    log, drifts = Log(), []
    for place in range(6):
        log("opened", place, total=place + 1, pattern="app:1", process=process)
    log("closed", 9, total=5, pattern="app:2", process=process)
    log("server_stop", 10, process=process)
    for place in range(5):
        log("closed", 11 + place, total=4 - place, pattern="app:2", process=process)
    log("server_start", 20, process=process)
    log("opened", 21, total=1, pattern="app:1", process=process)
    connections = Connections("app")
    for event in log.events:
        connections.on_event(event, connections.names.find(event), event.line)
        drifts.append(connections.totals.drift)
    assert [0] * len(drifts) == drifts
    assert 1 == live(connections)


def test_a_gap_forgets_the_total() -> None:
    """After missing lines the next total is a first one: no close and no restart is inferred."""
    connections = count(series(("opened", 1), ("opened", 2), ("opened", 3)))
    connections.on_gap(Event("gap", None, 1, 300, 0, "truncated"))
    count(Log(line=9)("opened", 60, total=1, pattern="app:opened"), connections)
    assert ["unknown"] * 3 + ["open"] == states(connections)
    assert 1 == len(connections.live)


def test_the_same_without_a_clock() -> None:
    """Totals need no time."""
    log = series(("opened", 1), ("opened", 2), ("opened", 3), ("opened", 2), step=None)
    assert (2, 0) == live_and_drift(log)


def test_a_gap_forgets_that_the_server_stopped() -> None:
    """It may run again since: the first total after missing lines counts, be it at a close."""
    connections = count(series(("opened", 1), ("server_stop", 0)))
    connections.on_gap(Event("gap", None, 1, 300, 0, "truncated"))
    count(Log(line=9)("closed", 60, total=7, pattern="app:closed"), connections)
    assert 7 == live(connections)


@pytest.mark.parametrize("forget", [Totals.reset, lambda totals: totals.ended(None)])
def test_what_is_forgotten_is_not_found_again(forget: Callable[[Totals], None]) -> None:
    """The total after a gap or a restart is a first one, of the process that told the last, too."""
    totals = Totals()
    log = series(("opened", 3), ("opened", 4), ("opened", 5))
    totals.compare(log.events[0], 1, counted=False)
    totals.compare(log.events[1], 2, counted=False)
    forget(totals)
    totals.compare(log.events[2], 1, counted=False)
    assert (True, 4) == (totals.reported, totals.before)
