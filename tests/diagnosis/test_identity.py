from __future__ import annotations

import pytest

from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.names import Names
from logdiag.diagnosis.origins import Origins
from tests.diagnosis.builders import Log, follow


def test_by_id() -> None:
    """A close ends the connection whose id it names, not the youngest."""
    log = Log()("opened", 0, connection="a")("opened", 5, connection="b")
    assert {"a": "closed", "b": "open"} == follow(log("closed", 9, connection="a")).states()


@pytest.mark.parametrize("client", ["10.0.0.7", "2001:db8::7", "::1"])
def test_by_address_and_port(client: str) -> None:
    """Without an id, the client's address and port name it; IPv6 too."""
    log = Log()("opened", 0, client=client, port=1001)("opened", 5, client=client, port=1002)
    told = follow(log("closed", 9, client=client, port=1001))
    assert {f"{client}:1001": "closed", f"{client}:1002": "open"} == told.states()
    assert {"address"} == {one.identity for one in told.connections.values()}


def test_addresses_that_begin_alike_are_two() -> None:
    """2001:db8::7 port 1001 is not 2001:db8:: port 71001, nor is 10.0.0.7 the same as 10.0.0.70."""
    log = Log()("opened", 0, client="10.0.0.7", port=1001)("opened", 5, client="10.0.0.70", port=1)
    told = follow(log("closed", 9, client="10.0.0.70", port=1))
    assert {"10.0.0.7:1001": "open", "10.0.0.70:1": "closed"} == told.states()


def test_anonymous_closes_end_the_youngest() -> None:
    """A stack: what is left is what no close has accounted for."""
    log = Log()("opened", 0)("opened", 5)("closed", 9)("opened", 12)
    told = follow(log)
    assert [("app#1", "open"), ("app#2", "closed"), ("app#3", "open")] == told.sequence()
    assert {"count"} == {one.identity for one in told.connections.values()}


def test_an_anonymous_close_fits_its_path_and_client() -> None:
    """What the close does tell must not contradict the connection that it ends."""
    log = Log()("opened", 0, path="/ws")("opened", 5, path="/admin")("closed", 9, path="/ws")
    assert [("app#1", "closed"), ("app#2", "open")] == follow(log).sequence()
    log = Log()("opened", 0, client="10.0.0.7")("opened", 5, client="10.0.0.8")
    told = follow(log("closed", 9, client="10.0.0.7"))
    assert [("app#1", "closed"), ("app#2", "open")] == told.sequence()


def test_an_anonymous_close_prefers_an_anonymous_opening() -> None:
    """A connection that has a name would have been named."""
    log = Log()("opened", 0)("opened", 5, client="10.0.0.7", port=1)("closed", 9)
    assert {"app#1": "closed", "10.0.0.7:1": "open"} == follow(log).states()


@pytest.mark.parametrize("kind", ["opening", "opened"])
def test_an_opening_that_is_written_late_is_none(kind: str) -> None:
    """By its time it came before the close; in the same moment the id is used again."""
    log = Log()("opened", 0, connection="a")("closed", 5, connection="a")("message", 6)
    assert [("a", "closed")] == follow(log(kind, 4.9, connection="a")).sequence()
    assert 2 == len(follow(log(kind, 5, connection="a")).sequence())


def test_an_id_is_reused_after_its_close() -> None:
    """The second use is a second connection, and its close is its own."""
    log = Log()("opened", 0, connection="7")("closed", 5, connection="7")
    log("opened", 9, connection="7")
    assert [("7", "closed"), ("7", "open")] == follow(log).sequence()
    log("closed", 12, connection="7")
    assert [("7", "closed"), ("7", "closed")] == follow(log).sequence()


def test_an_id_is_reused_without_a_close() -> None:
    """The same wording a second time ends the first as superseded; one is live."""
    told = follow(Log()("opened", 0, connection="7")("opened", 60, connection="7"))
    assert [("7", "superseded"), ("7", "open")] == told.sequence()
    assert 1 == told.live()


def test_an_id_on_the_closing_line_only() -> None:
    """It cannot be matched: the close ends an anonymous connection, and none is left open."""
    log = Log()("opened", 0)("closed", 5, connection="a")("opened", 9)("closed", 12, connection="b")
    told = follow(log)
    assert [("app#1", "closed"), ("app#2", "closed")] == told.sequence()
    assert 0 == told.live()


def test_an_unknown_id_ends_nobody_where_openings_have_ids() -> None:
    """It was open before the log began; the connections that we know go on."""
    told = follow(Log()("opened", 0, connection="a")("closed", 5, connection="z"))
    assert {"a": "open", "z": "closed"} == told.states()
    assert 1 == told.live()


@pytest.mark.parametrize("fields", [{"connection": "a"}, {"client": "10.0.0.7", "port": 5}])
def test_a_close_told_twice_is_one(fields: dict[str, object]) -> None:
    """'disconnecting' and 'disconnected' of one id: the second is an echo of the first."""
    log = Log()("opened", 0, connection="b")("opened", 1, **fields)
    told = follow(log("closed", 30, **fields)("closed", 60, **fields))
    assert [(1, 400, 1, 300)] == told.echoes
    assert 2 == len(told.connections)
    assert 1 == told.live()


def test_a_close_without_an_opening_is_no_leak() -> None:
    """It began before the log did: it is over, and never counts as live."""
    told = follow(Log()("closed", 0, connection="a")("closed", 5))
    assert ["closed", "closed"] == [one.state for one in told.connections.values()]
    assert [0, 0] == [step.live for step in told.transitions]


def test_an_opening_in_two_wordings_is_one() -> None:
    """Another line about the same id within two seconds adds what it knows, nothing more."""
    log = Log()("opened", 0, connection="a")
    told = follow(log("opened", 1.5, connection="a", pattern="app:2", user="u"))
    assert [("a", "open")] == told.sequence()
    assert ["u"] == [one.user for one in told.connections.values()]
    assert [(1, 200, 1, 100)] == told.echoes


@pytest.mark.parametrize(
    ("seconds", "skipped", "connections"), [(2, 0, 1), (2.1, 0, 2), (None, 9, 1), (None, 10, 2)]
)
def test_two_wordings_stand_close_together(
    seconds: float | None, skipped: int, connections: int
) -> None:
    """Two seconds, or ten lines without a clock; further apart the id is used again."""
    log = Log()("opened", None if seconds is None else 0, connection="a").skip(skipped)
    told = follow(log("opened", seconds, connection="a", pattern="app:2"))
    assert connections == len(told.connections)
    assert 1 == told.live()


def test_state_lines_repeat_an_opening() -> None:
    """'WebSocket a state: OPEN', logged now and then, opens nothing, however late."""
    log = Log()("opened", 0, connection="a", state=1)
    told = follow(
        log("opened", 600, connection="a", state=1)("opened", 1200, connection="a", state=1)
    )
    assert [("a", "open")] == told.sequence()
    assert 2 == len(told.echoes)


def test_state_lines_repeat_a_handshake() -> None:
    """'WebSocket a state: CONNECTING' twice is one handshake."""
    log = Log()("opening", 0, connection="a", state=0)("opening", 1, connection="a", state=0)
    assert [("a", "open")] == follow(log("opened", 2, connection="a")).sequence()


def test_workers_of_a_cluster_use_the_same_ids() -> None:
    """The process tells them apart: a close in one ends nothing in the other."""
    log = Log()("opened", 0, connection="1", process="101")
    log("opened", 0.5, connection="1", process="102")("closed", 9, connection="1", process="101")
    told = follow(log)
    assert [("101", "closed"), ("102", "open")] == [
        (one.process, one.state) for one in told.connections.values()
    ]


def test_a_close_in_one_worker_is_not_told_by_another() -> None:
    """Two workers close connections of the same id that opened before the log: two closes."""
    log = Log()("closed", 0, connection="1", process="101")
    assert 2 == len(follow(log("closed", 9, connection="1", process="102")).connections)


def test_workers_come_to_use_the_same_ids() -> None:
    """Until then the id alone tells them apart; what it told before, it still does."""
    log = Log()("opened", 0, connection="1", process="101")(
        "opened", 1, connection="2", process="101"
    )
    log("closed", 2, connection="1", process="101", pattern="other:1")
    log("opened", 3, connection="2", process="102")
    log("closed", 24, connection="1", process="101")  # the same close once more
    log("closed", 25, connection="1", process="102")  # opened before the log
    log("closed", 26, connection="2", process="102")
    told = follow(log)
    assert [("101", "closed"), ("101", "open"), ("102", "closed"), ("102", "closed")] == [
        (one.process, one.state) for one in told.connections.values()
    ]
    assert [(1, 500, 1, 300)] == told.echoes


def test_a_line_that_does_not_tell_its_process_fits_any() -> None:
    """Access lines do not know the worker; the id alone is enough then."""
    log = Log()("opened", 0, connection="1", process="101")("closed", 9, connection="1")
    assert [("1", "closed")] == follow(log).sequence()


def test_a_handshake_is_not_live() -> None:
    """It counts from its opening on."""
    log = Log()("opening", 0, connection="a")
    assert 0 == follow(log).live()
    assert 1 == follow(log("opened", 1, connection="a")).live()


def test_a_proxy_that_closes_first_waits_for_the_application() -> None:
    """Where the application logs its closes, an access line alone ends nobody."""
    log = Log()("opened", 0, connection="a")("closed", 5, connection="a")(
        "opened", 9, connection="b"
    )
    told = follow(log("closed", 60, pattern="nginx:1", layer="access"))
    assert {"a": "closed", "b": "open"} == told.states()


def test_lines_about_a_known_connection_add_to_it() -> None:
    """An 'authenticated' line tells the user, later."""
    log = Log()("opened", 0, connection="a")("message", 1, connection="a", user="u")
    (one,) = follow(log).connections.values()
    assert ("u", "open") == (one.user, one.state)


def test_an_id_and_a_port_both_find_it_until_it_is_over() -> None:
    """Its close may name the address alone; then that address is nobody's, and the id is free."""
    names, log = Names(), Log()
    log("opened", 0, connection="a", client="192.0.2.7", port=5)
    log("closed", 1, client="192.0.2.7", port=5)
    opened, closed = log.events
    life = Life(1, "a", Origins().of("id", None, opened), opened)
    names.add(life)
    assert (life, life) == (names.find(opened), names.find(closed))
    life.state = "closed"
    names.forget(life, closed)
    assert (None, None) == (names.find(opened), names.find(closed))
