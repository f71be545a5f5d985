"""Spikes of refused requests, and the guards that follow from them, through the detector."""

from __future__ import annotations

import pytest

from logdiag.diagnosis.attempts import MANY_USERS
from logdiag.diagnosis.checking import condition
from logdiag.diagnosis.expression import ExpressionError
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
    return next(one.outcome for one in finding.guards if one.name == guard)


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


@pytest.mark.parametrize(
    ("minutes", "refused", "again", "expected"),
    [
        (15, 6, 0, "yes"), (15, 10, 1, "yes"), (15, 9, 1, "no"), (15, 5, 0, "no"),
        (5, 20, 0, "cannot_tell"),
    ],
)  # fmt: skip
def test_tokens_that_expire_at_once(minutes: int, refused: int, again: int, expected: str) -> None:
    """A third of the clients at once, and each once; one in ten may be refused three times."""
    log = Log()
    now = service(log, minutes)
    for place in range(refused):
        for attempt in range(3 if place >= refused - again else 1):
            seconds = now + place / 10 + attempt / 100
            log("auth_failure", seconds, user=f"u{place}", path="/api")
    when = f"count(auth_failure) >= {refused + 2 * again} and live >= 1"
    assert expected == outcome(log("message", now + 4), "token_expiry", when)


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


def bursts(users: range) -> Log:
    """A quiet quarter of an hour, then three minutes in which openings and refusals pile up.

    Ten clients open connections in each; of `users` each has a refused request just before.
    """
    log = Log()
    for place in range(CLIENTS):
        log("opened", place * 40, connection=f"a{place}", user=f"u{place}")
    for minute in (20, 22, 24):
        for place in range(10):
            if place in users:
                log("auth_failure", minute * 60 + place * 4, user=f"u{place}", path="/api")
            name = f"b{minute}-{place}"
            log("opened", minute * 60 + place * 4 + 1, connection=name, user=f"u{place}")
    return log("opened", 26 * 60, connection="z", user="u19")("message", 26 * 60 + 10)


def fires(when: str, log: Log) -> bool:
    """Whether a rule on it finds something."""
    found = follow(log, [rule(when, by=(), hold=0)], ended=False).findings.values()
    return [one.state for one in found] == ["firing"]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("spike(opened) >= 8", True), ("spike(opened) >= 10", False),
        ("spike(auth_failure) >= 5", False),
        ("together(auth_failure, opened) >= 3", True),
        ("together(auth_failure, opened) >= 4", False),
        ("shared(auth_failure, opened) >= 40%", True),
        ("shared(auth_failure, opened) > 40%", False),
        ("lift(auth_failure, opened) >= 3", True), ("lift(auth_failure, opened) >= 40", False),
    ],
)  # fmt: skip
def test_spikes_are_held_against_what_is_usual(when: str, expected: bool) -> None:
    """Ten openings where none or two are usual; four of the ten clients were refused just before.

    The last opening is of a minute that is over by then: it makes the three before it complete.
    """
    log = bursts(range(4))
    assert expected == fires(f"count(opened) >= 1 and {when}", log)


def test_an_opening_tells_whose_the_refused_request_was() -> None:
    """The request's line knows an address and an agent, the opening's the user, too."""
    log, who = Log(), {"client": "192.0.2.7", "agent": "A"}
    for place in range(CLIENTS):
        log("opened", place * 40, connection=f"a{place}", user=f"u{place}")
    for place in range(10):
        log("auth_failure", 1200 + place * 4, path="/api", **who)
        log("opened", 1201 + place * 4, connection=f"b{place}", user="u0", **who)
    log("opened", 1380, connection="z", user="u19")("message", 1390)
    when = "count(opened) >= 1 and together(auth_failure, opened) >= 1"
    assert fires(f"{when} and shared(auth_failure, opened) == 100%", log)
    assert fires(f"{when} and lift(auth_failure, opened) >= 20", log)  # one client, not two


def test_what_no_line_tells_has_no_baseline() -> None:
    """An overlap is worked out of two lines: the rule does not load, as it would never fire."""
    with pytest.raises(ExpressionError, match="a logged kind is wanted here"):
        condition("spike(overlap) >= 5")
