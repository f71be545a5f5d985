"""Spikes of refused requests, and the guards that follow from them, through the detector."""

from __future__ import annotations

import pytest

from logdiag.diagnosis.attempts import MANY_USERS
from tests.diagnosis.builders import Log, follow, rule

CLIENTS = 20


def service(log: Log, minutes: int) -> float:
    """Twenty clients with a connection each, a refused request a minute; when it ends."""
    for place in range(CLIENTS):
        log("opened", place, connection=f"a{place}", user=f"u{place}")
    for minute in range(1, minutes + 1):
        log("auth_failure", minute * 60, user="u0", path="/api")
    return minutes * 60 + 30


def outcome(log: Log, guard: str, when: str) -> str:
    """What a finding on `when` says of the guard."""
    (finding,) = follow(log, [rule(when, by=(), hold=0)], ended=False).findings.values()
    return dict(finding.guards)[guard]


@pytest.mark.parametrize(
    ("minutes", "refused", "expected"),
    [(15, 10, "yes"), (15, 9, "no"), (15, 4, "no"), (5, 20, "cannot_tell")],
)
def test_an_identity_outage(minutes: int, refused: int, expected: str) -> None:
    """Half of the clients at once, in a service whose usual minute is known."""
    log = Log()
    now = service(log, minutes)
    for place in range(refused):
        log("auth_failure", now + place / 10, user=f"u{place}", path="/api")
    when = f"count(auth_failure) >= {refused} and live >= 1"
    assert expected == outcome(log("message", now + 4), "identity_outage", when)


def test_many_refused_requests_every_minute_are_no_outage() -> None:
    """What is usual is no spike, however many clients it concerns."""
    log = Log()
    for minute in range(20):
        for place in range(CLIENTS):
            log("auth_failure", minute * 60 + place, user=f"u{place}", path="/api")
    log("opened", 1180, connection="a", user="u0")("message", 1190)
    when = "count(auth_failure) >= 10 and live >= 1"
    assert "no" == outcome(log, "identity_outage", when)


@pytest.mark.parametrize(("users", "expected"), [(MANY_USERS, "yes"), (MANY_USERS - 1, "no")])
def test_many_users_from_one_address(users: int, expected: str) -> None:
    """Somebody guesses passwords."""
    log = Log()
    for place in range(10):
        log("auth_failure", place, user=f"u{place % users}", client="192.0.2.7", path="/login")
    assert expected == outcome(log("message", 20), "brute_force", "count(auth_failure) >= 10")


def test_a_later_line_tells_whose_request_it_was() -> None:
    """The application's line comes first and names nobody, the access log's tells the address."""
    log = Log()
    for place in range(5):
        log("auth_failure", place * 5, path="/api")
        log("auth_failure", place * 5 + 0.1, path="/api", client="192.0.2.7", layer="access")
    told = follow(log("message", 40), [rule("count(auth_failure) >= 5", hold=0)], ended=False)
    assert ["192.0.2.7"] == [finding.group["client"] for finding in told.findings.values()]
