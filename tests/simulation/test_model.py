"""The model behaves as browsers, servers and networks do; each case shows what it is named for."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import mean, stdev

import pytest

from logdiag.simulation import CASES, FORMATS, Simulation
from logdiag.simulation.browser import App, Tab
from logdiag.simulation.noise import LATEST, late, with_remarks
from logdiag.simulation.server import Client, Operation, Server, State
from logdiag.simulation.world import Happening, World

CLIENT = Client(1, "203.0.113.1", "Firefox", "u-1")


def tab(app: App = App(), operation: Operation = Operation()) -> Tab:  # noqa: B008 -- frozen
    """A tab in a world of its own, with nobody else in it."""
    return Tab(CLIENT, Server(World(seed=1), operation), app, "/api/channels/1", token=900.0)


def until(one: Tab, seconds: float) -> list[Happening]:
    """What is told in the next `seconds`."""
    return list(one.world.run(one.world.now + seconds))


def kinds(told: list[Happening]) -> list[str]:
    """What a server tells of connections and refusals, in short."""
    words = {"opened": "open", "closed": "close"}
    return [
        words.get(one.kind, str(one.status))
        for one in told
        if one.kind in words or one.kind == "request"
    ]


def test_a_page_signs_in_reads_and_opens_one_socket() -> None:
    """And closes it when it ends."""
    page = tab()
    page.world.begin(page.mount())
    first = until(page, 5)
    page.unmount()
    assert ["200", "200", "open"] == kinds(first)
    assert ["close"] == kinds(until(page, 5))
    assert [] == page.sockets


def test_a_page_that_does_not_wait_for_its_token_is_refused_first() -> None:
    """A 401, a connection, and only then a token."""
    page = tab(App(waits_for_token=False))
    page.world.begin(page.mount())
    assert ["401", "open", "200", "200"] == kinds(until(page, 5))


def test_strict_mode_closes_the_first_of_two() -> None:
    """Within a second."""
    page = tab(App(strict=True))
    page.world.begin(page.mount())
    told = until(page, 5)
    assert 1 == len(page.server.held)
    assert all(one.time < 2 for one in told if one.kind == "closed")


@pytest.mark.parametrize(("cleanup", "left"), [("always", 0), ("when open", 1), ("never", 1)])
def test_a_cleanup_while_connecting(cleanup: str, left: int) -> None:
    """What closes only what is open leaves an orphan that opens afterwards."""
    page = tab(App(cleanup=cleanup), Operation(handshake=2.0))  # type: ignore[arg-type]
    page.world.begin(page.mount())
    until(page, 0.8)
    assert [State.CONNECTING] == [socket.state for socket in page.sockets]
    page.unmount()
    until(page, 20)
    assert left == len(page.server.held)
    page.close()
    until(page, 1)
    assert 0 == len(page.server.held)  # the browser ends what the page forgot


@pytest.mark.parametrize("heartbeat", [25.0, 600.0, None])
def test_a_client_that_vanishes_is_noticed_by_the_heartbeat(heartbeat: float | None) -> None:
    """Not before the ping is unanswered, not after a period and the patience, or never."""
    page = tab(operation=Operation(heartbeat=heartbeat, patience=20.0))
    page.world.begin(page.mount())
    until(page, 5)
    (socket,) = page.sockets
    page.server.drop(socket)
    left = page.world.now
    closed = [one for one in until(page, 3600) if one.kind == "closed"]
    assert ["ping timeout"] * (heartbeat is not None) == [one.reason for one in closed]
    assert all(left + 20 <= one.time <= left + (heartbeat or 0) + 20 for one in closed)


def test_a_device_that_sleeps_says_nothing_until_it_wakes() -> None:
    """The heartbeat ends all of its sockets; when it wakes its page finds them closed."""
    page = tab(App(standing=1))
    page.world.begin(page.mount())
    until(page, 5)
    page.fall_silent()
    asleep = [one for one in until(page, 100) if one.kind != "request"]
    assert [("closed", "ping timeout")] * 2 == [(one.kind, one.reason) for one in asleep]
    page.world.after(0.0, page.find_lost)
    awake = until(page, 100)
    assert ["page"] * 2 == [one.kind for one in awake]
    assert all(one.text.endswith("CLOSED") for one in awake)
    assert [] == page.sockets


def test_a_standing_socket_that_was_lost_is_made_good_once() -> None:
    """Though a page mounts meanwhile, which opens what its tab lacks."""
    page = tab(App(standing=1))
    page.world.begin(page.mount())
    until(page, 5)
    page.server.reset(page.standing[0])
    until(page, 0.2)
    page.unmount()
    page.world.begin(page.mount())
    until(page, 20)
    assert (1, 2) == (len(page.standing), len(page.server.held))


def test_a_restart_begins_to_count_anew() -> None:
    """A graceful stop tells each close, the new process has another id, the page comes back."""
    page = tab()
    page.world.begin(page.mount())
    until(page, 5)
    pid = page.server.pid
    page.server.stop()
    page.world.after(3.0, page.server.start)
    told = [one for one in until(page, 30) if one.kind not in ("page", "opening")]
    assert ["stop", "closed", "stopped", "start", "opened"] == [one.kind for one in told]
    assert (1012, 0, 1) == (told[1].code, told[1].total, told[-1].total)
    assert pid != told[-1].pid


def test_one_loss_is_made_good_once_or_by_each_timer() -> None:
    """Two timers open two connections, and the page knows of the last."""
    for timers in (1, 2):
        page = tab(App(timers=timers))
        page.world.begin(page.mount())
        until(page, 5)
        page.server.reset(page.current[0])
        until(page, 10)
        assert (timers, 1) == (len(page.server.held), len(page.current))


@pytest.mark.parametrize(("lap", "expected"), [(0.0, ["close"]), (4.0, [])])
def test_a_renewed_socket_may_open_before_the_old_one_closes(
    lap: float, expected: list[str]
) -> None:
    """Then there are two of them for so long, and one in the end."""
    page = tab(App(overlap=lap))
    page.world.begin(page.mount())
    until(page, 5)
    page.wake()
    assert ["open", *expected] == sorted(kinds(until(page, 2)), reverse=True)
    until(page, 5)
    assert (1, 1) == (len(page.server.held), len(page.sockets))


def test_a_tab_that_closes_meanwhile_has_nothing_to_clean_up() -> None:
    """Its end takes the old socket and the new one."""
    page = tab(App(overlap=4.0))
    page.world.begin(page.mount())
    until(page, 5)
    page.wake()
    until(page, 1)
    page.close()
    assert ["close", "close"] == kinds(until(page, 9))


@pytest.mark.parametrize(("case", "low", "high"), [("D4b", 0.0, 0.05), ("backoff", 0.3, 2.0)])
def test_retries_are_regular_or_back_off(case: str, low: float, high: float) -> None:
    """The variation of the intervals tells an endless loop from a patient retry."""
    refused = defaultdict(list)
    for one in Simulation(CASES[case], seed=3, duration=900).play():
        if one.status == 401 and one.client is not None:
            refused[one.client.number].append(one.time)
    busiest = max(refused.values(), key=len)
    gaps = [after - before for before, after in pairwise(busiest)]
    assert low <= stdev(gaps) / mean(gaps) <= high


def test_noise_is_the_share_that_was_asked_for() -> None:
    """And only so many lines are late, by no more than is put in order again."""
    world = World(seed=1)
    plain = [Happening(float(time), "request") for time in range(4000)]
    noisy = list(with_remarks(plain, 0.3, world.dice))
    written = list(late(noisy, 0.1, world.dice))
    remarks = [one for one in noisy if one.kind == "remark"]
    backwards = [one.time - after.time for one, after in pairwise(written) if one.time > after.time]
    assert 0.3 == pytest.approx(len(remarks) / len(noisy), abs=0.02)
    assert sorted(noisy) == sorted(written)
    assert 0 < len(backwards) < 0.1 * len(noisy)
    assert max(backwards) < LATEST


def test_a_case_shows_what_its_format_tells() -> None:
    """The expectations follow from the two tables, for every case and format."""
    expected = {
        ("D1", "node-ws"): "remount-duplicate",
        ("D1", "seed"): "cannot_tell",
        ("D2", "browser"): "closed-only-when-open",
        ("D2", "node-ws"): "remount-duplicate",
        ("D4", "browser"): "remount-duplicate",
        ("D4-quiet", "seed"): "auth-loading-race",
        ("D5", "socketio"): "remount-duplicate",
        ("D11", "node-ws"): "cannot_tell",
        ("D11", "uvicorn-new"): "poor-log",
        ("tabs", "seed"): "none",
    }
    assert expected == {
        (case, how): CASES[case].expected(FORMATS[how].tells) for case, how in expected
    }


@pytest.mark.parametrize("case", ["D1", "D2", "D3", "D4", "D5", "D6", "D7"])
def test_pages_forget_connections(case: str) -> None:
    """Every root cause in the page leaves connections that nobody will close."""
    simulation = Simulation(CASES[case], seed=3)
    opened = [one for one in simulation.play() if one.kind == "opened"]
    assert 2 < simulation.truth(FORMATS["node-ws"]).leaked_count < len(opened) / 2
