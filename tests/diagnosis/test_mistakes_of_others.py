"""What other tools got wrong, each as a test of ours."""

from __future__ import annotations

import pytest

from logdiag.diagnosis.moments import spoken
from logdiag.model import SECOND
from tests.diagnosis.builders import Log, Told, follow, rule


def firing(told: Told) -> list[str]:
    """The groups of the findings that fire."""
    return sorted(" ".join(f.group.values()) for f in told.findings.values() if f.state == "firing")


@pytest.mark.parametrize(("refusals", "fires"), [(4, False), (5, True), (6, True)])
def test_at_least_n_is_exactly_n(refusals: int, fires: bool) -> None:
    """Wazuh's `frequency` fires at N + 2."""
    log = Log()
    for place in range(refusals):
        log("auth_failure", place, user="u")
    log("message", 20)
    made = rule("count(auth_failure) >= 5", hold=0)
    assert (["u"] if fires else []) == firing(follow(log, [made], ended=False))


@pytest.mark.parametrize(("last", "fires"), [(30, True), (30.001, False)])
def test_the_window_has_no_slack(last: float, fires: bool) -> None:
    """Thirty seconds include their ends, and nothing beyond."""
    log = Log()("auth_failure", 0, user="u")("auth_failure", last, user="u")("message", 60)
    made = rule("count(auth_failure) >= 2", hold=0)
    assert (["u"] if fires else []) == firing(follow(log, [made], ended=False))


def test_order_holds_throughout_the_window() -> None:
    """Hayabusa enforced it for the first rule only: refused, opened, twice in turn."""
    made = rule("pairs(auth_failure, opened) >= 2", hold=0, by=())
    turns = Log()
    for place, kind in enumerate(["auth_failure", "opened", "auth_failure", "opened"]):
        turns(kind, place, user="u", connection=f"c{place}" if kind == "opened" else None)
    assert 1 == len(firing(follow(turns("message", 20), [made], ended=False)))
    blocks = Log()
    for place, kind in enumerate(["auth_failure", "auth_failure", "opened", "opened"]):
        blocks(kind, place, user="u", connection=f"c{place}" if kind == "opened" else None)
    assert [] == firing(follow(blocks("message", 20), [made], ended=False))


def test_groups_never_mix() -> None:
    """Hayabusa mixed group-by values: two clients with two refusals each are not four."""
    log = Log()
    for place in range(4):
        log("auth_failure", place, user="uv"[place % 2])
    made = rule("count(auth_failure) >= 3", hold=0)
    assert [] == firing(follow(log("message", 20), [made], ended=False))
    assert ["u"] == firing(follow(log("auth_failure", 21, user="u")("message", 40), [made]))


def test_groups_of_two_fields_never_mix() -> None:
    """Client a with path b/c is not client a/b with path c."""
    log = Log()
    for place, (user, path) in enumerate([("a", "/b/c"), ("a/b", "/c"), ("a", "/b/c")]):
        log("auth_failure", place, user=user, path=path)
    made = rule("count(auth_failure) >= 2", hold=0, by=("client", "path"))
    assert ["a /b/c"] == firing(follow(log("message", 20), [made], ended=False))


def test_a_refused_handshake_is_no_session() -> None:
    """PgBadger counts failed logins as sessions."""
    log = Log()
    for place in range(5):
        log("opening", place * 10, connection=f"c{place}", user="u")
        log("rejected", place * 10 + 1, connection=f"c{place}")
    told = follow(log("message", 500), [rule("live >= 1", hold=0)])
    assert ({}, 0) == (told.findings, told.live())


def test_accepted_then_refused_is_no_session() -> None:
    """'Connected', then refused for want of a slot: over, and not a close."""
    told = follow(Log()("opened", 0, connection="a")("rejected", 1, connection="a"))
    assert ({"a": "rejected"}, 0) == (told.states(), told.live())


def test_the_live_count_never_goes_below_zero() -> None:
    """PgBadger's peak was above its total: closes of connections from before count nothing down."""
    log = Log()("closed", 0, connection="x")("closed", 1, connection="y")(
        "opened", 2, connection="a"
    )
    assert [0, 0, 1] == [step.live for step in follow(log).transitions]


def test_sessions_count_before_they_end() -> None:
    """PgBadger counts a session when it ends; a leak never does."""
    assert 1 == follow(Log()("opened", 0, connection="a")).live()


def test_days_are_not_dropped() -> None:
    """Mtools drops them: a connection that closed after two days and three hours."""
    log = Log()
    for name in "abc":
        log("opened", 0, connection=name, user="u")
    log("message", 100)
    for name in "abc":
        log("closed", 183_600, connection=name)
    (finding,) = follow(log, [rule()]).findings.values()
    assert ("resolved", "Closed late after 2 d 3 h") == (finding.state, finding.note)
    assert "2 d 3 h" == spoken(183_600 * SECOND)


def test_a_late_close_resolves_and_does_not_erase() -> None:
    """The finding stays, with how late it was."""
    log = Log()
    for name in "abc":
        log("opened", 0, connection=name, user="u")
    log("message", 100)
    for name in "abc":
        log("closed", 250, connection=name)
    (finding,) = follow(log, [rule()]).findings.values()
    assert ("resolved", "Closed late after 4 min 10 s", (1, 2, 3)) == (
        finding.state, finding.note, finding.connections,
    )  # fmt: skip


def test_a_herd_is_no_leak() -> None:
    """All clients lose their connection and come back within a minute: the guard says so."""
    log = Log()
    for place in range(10):
        log("opened", place * 60, connection=f"a{place}", user=f"u{place}")
    for place in range(10):
        log("closed", 1000 + place, connection=f"a{place}")
    for place in range(10):
        log("opened", 1020 + place, connection=f"b{place}", user=f"u{place}")
    log("message", 1035)
    plain = rule("rise(live) >= 8", by=(), hold=0)
    guarded = rule("rise(live) >= 8", more="unless: mass_reconnect", by=(), hold=0)
    assert 1 == len(firing(follow(log, [plain], ended=False)))
    assert [] == firing(follow(log, [guarded], ended=False))


def test_different_values_are_counted_alone() -> None:
    """A rule that only asks for different values sees the events all the same."""
    log = Log()
    for place in range(4):
        log("auth_failure", place, user="u", path=f"/{place}")
    made = rule("distinct(path) >= 3", hold=0)
    assert ["u"] == firing(follow(log("message", 20), [made], ended=False))


@pytest.mark.parametrize("waited", [89.9, 90])
def test_the_wait_is_exact(waited: float) -> None:
    """Three for 90 s, and no sooner."""
    log = Log()
    for name in "abc":
        log("opened", 0, connection=name, user="u")
    told = follow(log("message", waited), [rule()], ended=False)
    assert (["u"] if waited == 90 else []) == firing(told)


def test_order_holds_though_others_come_between() -> None:
    """Every step of the order counts, not the first one only, whatever else happens meanwhile."""
    made = rule("pairs(auth_failure, opened) >= 3", hold=0, by=())
    kinds = ["opened", "auth_failure", "message", "opened", "auth_failure", "closed", "opened"]
    log = Log()
    for place, kind in enumerate(kinds):
        log(kind, place, user="u", connection=f"c{place}")
    assert [] == firing(follow(log("message", 20), [made], ended=False))
    log("auth_failure", 21, user="u")("opened", 22, user="u", connection="z")("message", 40)
    assert 1 == len(firing(follow(log, [made], ended=False)))


def test_the_window_slides() -> None:
    """Four refusals, of which no 30 s hold three."""
    log = Log()
    for seconds in (0, 16, 32, 48):
        log("auth_failure", seconds, user="u")
    made = rule("count(auth_failure) >= 3", hold=0)
    assert [] == firing(follow(log("message", 60), [made], ended=False))


@pytest.mark.parametrize("address", ["2001:db8::7", "::ffff:192.0.2.7", "fe80::1%eth0"])
def test_addresses_of_ipv6_and_their_ports(address: str) -> None:
    """Mtools breaks on them: the colons are the address's, the last one the port's."""
    log = Log()
    for port in (41000, 41001, 41002):
        log("opened", 0, client=address, port=port)
    log("closed", 5, client=address, port=41001)
    told = follow(log("message", 200), [rule("live >= 2")])
    states = {41000: "open", 41001: "closed", 41002: "open"}
    assert {f"{address}:{port}": state for port, state in states.items()} == told.states()
    assert [address] == firing(told)


def test_an_id_that_is_used_again_is_another_connection() -> None:
    """Mtools takes them for one: the second life of a slot neither ends nor inherits the first."""
    log = Log()("opened", 0, connection="7", user="u")("closed", 10, connection="7")
    log("opened", 20, connection="7", user="v")("opened", 30, connection="7", user="w")
    told = follow(log("closed", 40, connection="7"))
    assert [("7", "closed"), ("7", "superseded"), ("7", "closed")] == told.sequence()
    assert ["u", "v", "w"] == [one.user for one in told.connections.values()]
    assert [10, 10] == [
        (one.closed_at - one.opened_at) // SECOND
        for one in told.connections.values()
        if one.state == "closed" and one.closed_at is not None and one.opened_at is not None
    ]


def test_two_processes_use_the_same_id() -> None:
    """Identity is the service, the process and the id."""
    log = Log()("opened", 0, connection="7", process="101", user="u")
    log("opened", 1, connection="7", process="102", user="v")
    log("closed", 2, connection="7", process="101")
    told = follow(log)
    assert {"101": "closed", "102": "open"} == {
        one.process: one.state for one in told.connections.values()
    }
