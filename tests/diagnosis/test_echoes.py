from __future__ import annotations

from typing import Any

import pytest

from logdiag.diagnosis.echoes import LOOK_EVERY, MAX_KEPT, Echoes
from tests.diagnosis.builders import Log, Told, follow

ACCESS = {"layer": "access", "pattern": "morgan:1"}


def counted(log: Log, kind: str = "auth_failure") -> int:
    """Events of that kind that are no echo of another."""
    echoes = {echo[:2] for echo in follow(log).echoes}
    return sum(e.kind == kind and (e.source, e.offset) not in echoes for e in log.events)


def refused(*lines: tuple[float | None, dict[str, Any]]) -> Log:
    """Refused requests, one per line."""
    log = Log()
    for seconds, fields in lines:
        log("auth_failure", seconds, **fields)
    return log


def test_two_refused_requests_each_told_twice_are_two() -> None:
    """Application and access logger tell both, in any order of the four lines."""
    for rows in (
        [(0, {}), (0, ACCESS), (1, {}), (1, ACCESS)],
        [(0, {}), (0, {}), (0, ACCESS), (0, ACCESS)],
        [(0, ACCESS), (0, {}), (0, {}), (0, ACCESS)],
    ):
        assert 2 == counted(refused(*rows))


def test_one_logger_never_repeats_itself() -> None:
    """Four lines of one reporter are four requests, however close."""
    assert 4 == counted(refused(*[(0, {})] * 4))


def test_the_echo_names_the_line_that_it_repeats() -> None:
    """The oldest that fits."""
    told = follow(refused((0, {}), (0, {}), (0, ACCESS), (0, ACCESS)))
    assert [(1, 300, 1, 100), (1, 400, 1, 200)] == told.echoes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"client": "203.0.113.7"}, {"client": "203.0.113.8"}),
        ({"path": "/api/a"}, {"path": "/api/b"}),
        ({"path": "/api/1/me"}, {"path": "/api/2/me"}),
        ({"status": 401}, {"status": 403}),
    ],
)
def test_what_differs_never_merges(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two clients, two paths or two statuses are two requests."""
    assert 2 == counted(refused((0, one), (0, ACCESS | other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"client": "203.0.113.7"}, {"client": "203.0.113.7"}),
        ({"client": "127.0.0.1"}, {"client": "203.0.113.7"}),  # the proxy's address
        ({"client": "203.0.113.7"}, {}),
        ({"path": "/api/channels/1"}, {"path": "/channels/1"}),  # a mounted router
        ({"path": "/api/a?x=1"}, {"path": "/api/a"}),
        ({"status": 401}, {}),
    ],
)
def test_what_does_not_contradict_merges(one: dict[str, Any], other: dict[str, Any]) -> None:
    """A line may tell less than the other, and still tell the same."""
    assert 1 == counted(refused((0, one), (0, ACCESS | other)))
    assert 1 == counted(refused((0, ACCESS | other), (0, one)))


@pytest.mark.parametrize(("seconds", "expected"), [(2, 1), (2.1, 2)])
def test_the_window_in_seconds(seconds: float, expected: int) -> None:
    """Two seconds; later it is another request."""
    assert expected == counted(refused((0, {}), (seconds, ACCESS)))


def test_a_stack_trace_and_the_access_line_after_it() -> None:
    """The trace does not say what was asked for; each access line echoes one of them."""
    trace, access = {"pattern": "jwt:1"}, {**ACCESS, "path": "/api/me", "status": 401}
    assert 1 == counted(refused((0, trace), (0.1, access)))
    assert 2 == counted(refused((0, trace), (0.1, access), (0.2, access)))
    assert 2 == counted(refused((0, trace), (0.1, trace), (0.2, access), (0.3, access)))
    assert 2 == counted(refused((0, trace), (2.1, access)))


@pytest.mark.parametrize(("between", "expected"), [(9, 1), (10, 2)])
def test_the_window_in_lines(between: int, expected: int) -> None:
    """Ten lines, where there is no clock."""
    log = Log()("auth_failure").skip(between)("auth_failure", **ACCESS)
    assert expected == counted(log)


@pytest.mark.parametrize("proxy_first", [True, False])
def test_a_proxy_before_or_after(proxy_first: bool) -> None:
    """Another source, another pack, the proxy's own address: one request all the same."""
    app = Log(source=1)("auth_failure", 1, path="/api/me", client="127.0.0.1", status=401)
    fields = {"path": "/api/me", "client": "203.0.113.7", "status": 401}
    proxy = Log(source=2, pattern="nginx:1")("auth_failure", 1.2, layer="access", **fields)
    events = proxy.events + app.events if proxy_first else app.events + proxy.events
    first, second = events
    told = follow(events)
    assert [(second.source, 100, first.source, 100)] == told.echoes


NGINX = {"layer": "access", "pattern": "nginx:1"}


def test_three_reporters_tell_one_request() -> None:
    """Application, access logger and proxy: one, not two and not three."""
    assert 1 == counted(refused((0, {}), (0, ACCESS), (0.5, NGINX)))


def test_three_known_reporters_tell_one_request() -> None:
    """Once each of them has spoken, every request counts once."""
    first = [(0, {}), (0, ACCESS), (0.5, NGINX)]
    more = [(n * 10 + late, fields) for n in range(1, 5) for late, fields in first]
    assert 4 == counted(refused(*first, *more)) - counted(refused(*first))


def test_uvicorns_pair_is_one_connection() -> None:
    """`"WebSocket /ws" [accepted]` knows the address, `connection open` follows."""
    log = Log()
    for place in range(3):
        log("opened", place * 10, client="203.0.113.7", port=1000 + place, path="/ws",
            layer="access", pattern="uvicorn:1")  # fmt: skip
        log("opened", place * 10, pattern="uvicorn:2")
    told = follow(log)
    assert [f"203.0.113.7:{1000 + place}" for place in range(3)] == list(told.states())
    assert 3 == told.live()


def test_uvicorns_close_after_a_refusal_ends_nothing() -> None:
    """`connection closed` follows each refused handshake; the open connection stays open."""
    log = Log(pattern="uvicorn:1")("opened", 0)
    log("rejected", 10, path="/ws", client="203.0.113.7", port=1)("closed", 10)
    told = follow(log)
    assert ["open", "rejected"] == [state for _, state in told.sequence()]
    assert [(1, 300, 1, 200)] == told.echoes


def test_each_refusal_explains_one_close() -> None:
    """The second close is a real one."""
    log = Log(pattern="uvicorn:1")("opened", 0)("rejected", 10, client="203.0.113.7", port=1)
    told = follow(log("closed", 10)("closed", 11))
    assert ["closed", "rejected"] == [state for _, state in told.sequence()]


@pytest.mark.parametrize(("between", "state"), [(5, "open"), (6, "closed")])
def test_the_close_of_a_refusal_follows_closely(between: int, state: str) -> None:
    """Within six lines; a later one ends a connection."""
    log = Log(pattern="uvicorn:1")("opened", 0)("rejected", 10, client="203.0.113.7", port=1)
    told = follow(log.skip(between)("closed", 11))
    assert state == told.sequence()[0][1]


def test_another_servers_close_is_not_a_refusals() -> None:
    """Another pack's close ends a connection."""
    log = Log(pattern="uvicorn:1")("opened", 0)("rejected", 10, client="203.0.113.7", port=1)
    assert "closed" == follow(log("closed", 10, pattern="app:1")).sequence()[0][1]


def test_an_echo_adds_what_it_knows() -> None:
    """The first line knew nothing; the second knows the id, and the close that names it fits."""
    log = Log()("opened", 0)("opened", 0, connection="a", client="203.0.113.7", **ACCESS)
    told = follow(log("closed", 9, connection="a"))
    (one,) = told.connections.values()
    assert ("a", "id", "203.0.113.7", "closed") == (one.name, one.identity, one.client, one.state)


def test_one_loggers_lines_with_and_without_an_id() -> None:
    """They tell one opening only if both tell the same total."""
    log = Log()("opened", 0, total=1)("opened", 0, connection="a", total=1)
    assert 1 == len(follow(log).connections)
    log = Log()("opened", 0, total=1)("opened", 0, connection="a", total=2)
    assert 2 == len(follow(log).connections)


def test_an_echo_is_found_among_many() -> None:
    """The fifteen refusals before it are of other clients."""
    rows = [(0, {"client": f"203.0.113.{place}"}) for place in range(16)]
    assert 16 == counted(refused(*rows, (1, ACCESS | {"client": "203.0.113.15"})))


def test_what_nobody_can_repeat_any_more_is_dropped() -> None:
    """One logger tells all, so that none is an echo: their events would be kept for nothing."""
    echoes = Echoes()
    for event in refused(*[(second, {}) for second in range(500)]).events:
        echoes.add(event, echoes.kinds[event.kind], echoes.reporter(event), event.line, None)
    kept = echoes.kinds["auth_failure"].reports
    assert LOOK_EVERY // 2 <= len(kept) <= LOOK_EVERY


def test_a_storm_is_bounded() -> None:
    """What is kept of ten thousand refusals does not grow without end."""
    log = refused(*[(place / 10_000, {}) for place in range(MAX_KEPT + 100)], (1, ACCESS))
    told: Told = follow(log)
    assert [1] == [echo[0] for echo in told.echoes]
    assert told.echoes[0][3] == 100 * (MAX_KEPT // 2 + 1)  # the older half was forgotten
