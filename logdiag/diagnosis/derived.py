"""Events that no line tells, but two lines together do: rules count them like any other kind.

overlap       a connection closed after a newer one of its client had opened
lost          the same, since its peer no longer answered, and a newer one was not lost with it
timed_out     the same, noticed within H of the next opening
half_open     the same, noticed H or longer after the newest one that was not lost with it
drained       an overlap of a second to H with another end; its client holds but the newer one
turned_away   a connection was let in, and closed since its client is not who may be there
hanging       a handshake is neither accepted nor refused for S, and its client has a newer one open
misdelivered  a final status went to a replaced connection alone (see `deliveries`)
undelivered   a final status went to nobody, or to a closed connection alone
duplicated    an update went to several connections of one client
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from logdiag.diagnosis.lifecycle import Life
from logdiag.model import KINDS, Event

LOST: Final = "lost"
OVERLAPS: Final = ("overlap", LOST, "timed_out", "half_open", "drained")
HANGING: Final = "hanging"
TURNED_AWAY: Final = "turned_away"
DERIVED: Final = (*OVERLAPS, TURNED_AWAY, HANGING, "misdelivered", "undelivered", "duplicated")
COUNTABLE: Final = (*KINDS, *DERIVED)
_CONNECTION: Final = Event._fields.index("connection")
_STATUS: Final = Event._fields.index("status")
_new: Final = tuple.__new__  # makes a named tuple in a tenth of the time that `_replace` takes
_Row = tuple[Any, ...]  # an event whose parts are copied as they are, not field by field

# No close frame came (RFC 6455, section 7.4.1), or the server's own words for it: socket.io's
# "ping timeout", websockets' "keepalive ping timeout", and what people write.
_ABNORMAL: Final = 1006
_NORMAL: Final = 1000
_GOING: Final = 1001
_BY_CLIENT: Final = re.compile(r"client (namespace )?disconnect")
_UNANSWERED: Final = re.compile(
    r"(ping|pong|keep-?alive|heartbeat|idle|transport).{0,20}time ?(d )?out|no pong", re.IGNORECASE
)

# Unauthorized and Forbidden, as IANA registered them (WebSocket Close Code Number Registry), and
# as people make them of HTTP's; and the words for it.
_LEAST_OWN: Final = 3000  # those that are no protocol's
_REFUSED: Final = frozenset({3000, 3003, 4401, 4403})
_REFUSAL: Final = re.compile(
    r"unauthori[sz]ed|forbidden|not authenticated|authentication (failed|required)"
    r"|(token|jwt|session) (is |has )?(expired|invalid)|(invalid|expired) (token|jwt|session)",
    re.IGNORECASE,
)


def on_purpose(event: Event, before: str | None) -> bool:
    """Whether a page closed its connection itself, as when it is left; else it was lost.

    Codes 1000 and 1001 say so (RFC 6455, section 7.4.1), and so do socket.io's reasons.
    """
    if event.layer == "browser":
        return before == "closing"
    code = event.code
    if code is not None and code in (_NORMAL, _GOING):
        return True
    return event.reason is not None and _is_of_client(event.reason)


def unanswered(event: Event, before: str | None = None) -> bool:
    """Whether a connection closed since its peer no longer answered.

    Code 1006 alone does not say so: a reset has it, too. That the server had begun to close it does
    ("Terminating inactive connection").
    """
    if event.reason:
        return _is_unanswered(event.reason)
    return event.code == _ABNORMAL and before == "closing" and event.layer != "browser"


def turned_away(event: Event) -> bool:
    """Whether a close says that the client may not be here: a 401 after the handshake."""
    code = event.code
    refused = code is not None and code >= _LEAST_OWN and code in _REFUSED
    return refused or (event.reason is not None and _refuses(event.reason))


@lru_cache(maxsize=256)  # servers have few reasons
def _is_of_client(reason: str) -> bool:
    return bool(_BY_CLIENT.search(reason))


@lru_cache(maxsize=256)
def _is_unanswered(reason: str) -> bool:
    return bool(_UNANSWERED.search(reason))


@lru_cache(maxsize=256)
def _refuses(reason: str) -> bool:
    return bool(_REFUSAL.search(reason))


def about(kind: str, life: Life, event: Event) -> Event:
    """The event, as one of that kind, with all that is known of the connection."""
    row: _Row = event
    known: _Row = (life.name, life.client, life.port, life.user, event.agent, life.path)
    return _new(Event, (kind,) + row[1:_CONNECTION] + known + row[_STATUS:])  # noqa: RUF005


def as_kind(kind: str, event: Event) -> Event:
    """The same event, as one of that kind."""
    if event.kind == kind:
        return event
    row: _Row = event
    return _new(Event, (kind,) + row[1:])  # noqa: RUF005
