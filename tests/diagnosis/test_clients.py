from __future__ import annotations

from typing import Any

import pytest

from logdiag.diagnosis.clients import KNOWN_BY, client_key, client_keys, known_by
from logdiag.model import Event
from tests.diagnosis.builders import Log, follow, rule, with_stops

ALL = {
    "user": "u", "session": "5e55", "path": "/users/42/events", "client": "192.0.2.7",
    "agent": "Firefox",
}  # fmt: skip


def key(kind: str = "opened", **fields: Any) -> str | None:
    """The client key of an event."""
    return client_key(Event(kind, None, 1, 0, 1, "", **fields))


def test_each_line_tells_anew_what_its_client_is_known_by() -> None:
    """The same user from elsewhere, by another browser, or in another session."""
    for client, agent, session in (
        ("192.0.2.7", "Firefox", "5e55"), ("192.0.2.8", "Firefox", "5e55"),
        ("192.0.2.8", "Safari", "5e55"), ("192.0.2.8", "Safari", "7a11"),
    ):  # fmt: skip
        event = Event(
            "opened", None, 1, 0, 1, "", user="u", client=client, agent=agent, session=session
        )
        known = [f"session {session}", f"agent {client} {agent}", f"address {client}"]
        assert ["user u", *known] == client_keys(event, "user u")


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("", "user u"), ("user", "session 5e55"), ("user session", "path 42"),
        ("user session path", "agent 192.0.2.7 Firefox"),
        ("user session path agent", "address 192.0.2.7"),
        ("user session path client", None), ("user session path client agent", None),
    ],
)  # fmt: skip
def test_the_best_that_the_line_tells(missing: str, expected: str | None) -> None:
    """User, session, an id in the path, address and agent, address; an agent alone is nobody."""
    fields = {name: value for name, value in ALL.items() if name not in missing.split()}
    found = key(**fields)
    assert expected == found
    assert known_by(found) in KNOWN_BY


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/users/42/events", "42"), ("/ws/client/a1b2", "a1b2"), ("/ws?client_id=a1&x=2", "a1"),
        ("/ws?x=2&userId=7", "7"), ("wss://example.org/members/17430419/feed", "17430419"),
        ("/users/alice7@example.org", "alice7@example.org"),
        # what many share
        ("/users/notifications", None), ("/users/v1/events", None), ("/channels/17430419", None),
        ("/ws/42", None), ("/socket.io/?EIO=4&sid=abc1", None), ("/superusers/42", None),
        ("/ws?user=[redacted]", None),
    ],
)  # fmt: skip
def test_which_paths_say_who_connects(path: str, expected: str | None) -> None:
    """A segment behind the word for people, with a digit in it; a channel is not a client."""
    assert (expected and f"path {expected}") == key(path=path)


def test_a_request_does_not_say_who_asks() -> None:
    """An administrator may ask for the page of any user."""
    assert "address 192.0.2.7" == key("auth_failure", path="/users/42", client="192.0.2.7")


@pytest.mark.parametrize(
    ("fields", "confidence"),
    [
        ({"user": "u"}, "high"), ({"session": "5e55"}, "high"), ({"path": "/users/42"}, "medium"),
        ({"client": "192.0.2.7", "agent": "Firefox"}, "high"), ({"client": "192.0.2.7"}, "low"),
        ({}, "medium"),
    ],
)  # fmt: skip
def test_the_finding_says_how_its_client_is_known(fields: dict[str, Any], confidence: str) -> None:
    """And is no surer than that allows."""
    log = Log()
    for place in range(3):
        log("opened", place, connection=f"c{place}", **fields)
    made = rule(more="confidence: {high: live >= 3}", hold=0)
    (finding,) = follow(log("message", 60), [made], ended=False).findings.values()
    expected = known_by(client_key(log.events[0]))
    assert (expected, confidence) == (finding.known_by, finding.confidence)


def test_a_refused_request_may_know_less_of_its_client() -> None:
    """The access log tells the address only, the application's line the user, too."""
    log = Log()
    for place in range(3):
        log("auth_failure", place * 20, client="192.0.2.7", agent="Firefox")
        log("opened", place * 20 + 1, connection=f"c{place}", user="u", client="192.0.2.7")
    made = rule("opened_after(auth_failure) >= 3", hold=0)
    (finding,) = follow(log("message", 60), [made], ended=False).findings.values()
    assert ("user", 3) == (finding.known_by, finding.connections_total)


ACCESS = {"layer": "access", "pattern": "morgan:1"}


@pytest.mark.parametrize(
    ("refused", "opened", "expected"),
    [
        ([{}], {"client": "192.0.2.7"}, 1),  # nobody's: the next opening's
        ([{}, {"client": "192.0.2.7", **ACCESS}], {"client": "192.0.2.7"}, 2),
        ([{}, {"client": "192.0.2.8", **ACCESS}], {"client": "192.0.2.7"}, 0),
        ([{"client": "192.0.2.8"}], {"client": "192.0.2.7"}, 0),
        ([{}, {"client": "192.0.2.8", **ACCESS}], {"user": "u"}, 1),  # u's address is not told
        ([{"client": "192.0.2.8"}], {"user": "u"}, 1),
        ([{"user": "v"}], {"user": "u"}, 0),
        ([{"session": "5e55"}], {"user": "u", "session": "5e55"}, 2),
    ],
)
def test_whose_opening_a_refused_request_explains(
    refused: list[dict[str, str]], opened: dict[str, str], expected: int
) -> None:
    """Those of its client; where nobody knows whose it was, the next one, and no more."""
    log = Log()
    for fields in refused:
        log("auth_failure", 0, **fields)
    log("opened", 1, connection="a", **opened)("opened", 4, connection="b", **opened)
    told = follow(log).connections.values()
    assert expected == sum("auth_failure" in (one.marks or {}) for one in told)


@pytest.mark.parametrize(("apart", "expected"), [(0.5, 3), (2.5, 1)])
def test_what_a_page_opens_at_once_comes_after_the_same_refusal(
    apart: float, expected: int
) -> None:
    """The line of the request does not say whose it was, and the page has three components."""
    log = Log()("auth_failure", 0, client="192.0.2.8")
    for place in range(3):
        log("opened", 0.1 + apart * place, connection=f"c{place}", user="u", path="/ws")
    log("opened", 1, connection="d", user="v", path="/ws")
    told = with_stops(log, [], every=2).connections.values()
    assert expected == sum("auth_failure" in (one.marks or {}) for one in told)


def test_each_keeps_the_refusal_of_its_own() -> None:
    """Two mounts within two seconds, each refused: the second does not come after the first's."""
    log = Log()
    for place in range(2):
        log("auth_failure", place, client="192.0.2.7")
        log("opened", place + 0.1, connection=f"c{place}", client="192.0.2.7", path="/ws")
    proofs = {(one.marks or {})["auth_failure"] for one in follow(log).connections.values()}
    assert 2 == len(proofs)
