"""What tells one client from another, best first; the report says which it was.

user      the line names the user
session   or the session: of a cookie, a login; only its digest is known here
path      the path of the connection carries an id: `/users/42/events`, `?client_id=a1`
agent     address and user agent
address   the address alone, which offices and proxies share
"""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

from logdiag.model import Confidence, Event

KnownBy = Literal["user", "session", "path", "agent", "address", "none"]
KNOWN_BY: tuple[str, ...] = get_args(KnownBy)
# What they can bear: what is in a path may be whom it is about; a count is at least exact.
CAPS: Final[dict[str, Confidence]] = {"path": "medium", "address": "low", "none": "medium"}
_ADDRESS: Final = "address "
_USER: Final = "user "
SHARED: Final = frozenset({"address", "none"})  # several clients may be behind one
ONE_PERSON: Final = frozenset({"user", "session", "path"})  # whom nobody else is behind

MAX_PATHS: Final = 4_096  # a service has few, or the ids of those who are there now
_ids: Final[dict[str, str]] = {}  # path -> see `_id_in`; `lru_cache` would take thrice the time

# The connection's own events: what a request asks for says less of who asks.
_OWN: Final = frozenset({"opening", "opened", "closing", "closed", "rejected", "message"})
_WHO: Final = r"(?:user|client|member|player|visitor)"
_IN_PATH: Final = re.compile(
    rf"(?:/{_WHO}s?/|[?&]{_WHO}(?:_?id)?=)(?P<id>(?!v\d+\b)[^/?#&]*\d[^/?#&]*)", re.IGNORECASE
)


def client_key(event: Event) -> str | None:
    """The client of an event, as "user NAME", "agent ADDRESS AGENT" and so on.

    None where the line does not tell.
    """
    if event.user:
        return f"user {event.user}"
    if event.session:
        return f"session {event.session}"
    if event.path and event.kind in _OWN and (found := _id_in(event.path)):
        return f"path {found}"
    if not event.client:
        return None
    if event.agent:
        return f"agent {event.client} {event.agent}"
    return _ADDRESS + event.client


def client_keys(event: Event, key: str) -> list[str]:
    """All that its client may be known by in other lines, best first; `key` is its `client_key`."""
    named = bool(event.user)  # then it begins with nothing else
    found = [key] if named or not key.startswith("path ") else []
    if named and event.session:
        found.append(f"session {event.session}")
    if event.client:
        if event.agent and (named or not key.startswith("agent ")):
            found.append(f"agent {event.client} {event.agent}")
        if named or not key.startswith(_ADDRESS):
            found.append(_ADDRESS + event.client)
    return found


def by_address(address: str) -> str:
    """What a client is known by of whom nothing but the address is told."""
    return _ADDRESS + address


def address_in(key: str | None) -> str | None:
    """The address that is all that tells the client; None if it is known better, or not at all."""
    return key[len(_ADDRESS) :] if key is not None and key.startswith(_ADDRESS) else None


def is_known_by(key: str | None, address: str | None) -> bool:
    """Whether that address is all that tells the client."""
    if key is None or address is None or len(key) != len(_ADDRESS) + len(address):
        return False  # most are known better: their length tells it at once
    return key == _ADDRESS + address


def user_in(key: str | None) -> str | None:
    """The user that tells the client; None if it is known otherwise, or not at all."""
    return key[len(_USER) :] if key is not None and key.startswith(_USER) else None


def known_by(key: str | None) -> str:
    """How the client of that key is known: one of KNOWN_BY."""
    return key.partition(" ")[0] if key else "none"


def _id_in(path: str) -> str:
    """The part of a path that says who connects: it has a digit, and is no version."""
    found = _ids.get(path)
    if found is None:
        if len(_ids) >= MAX_PATHS:
            _ids.clear()
        match = _IN_PATH.search(path)
        found = _ids[path] = match["id"] if match else ""
    return found
