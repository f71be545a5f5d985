"""Events that no line tells, but two lines together do: rules count them like any other kind.

overlap       a connection closed after a newer one of its client had opened
timed_out     the same, since its peer no longer answered: noticed within H of that opening
half_open     the same, noticed later
drained       an overlap of a second to H with another end; its client holds but the newer one
hanging       a handshake is neither accepted nor refused for S, and its client has a newer one open
misdelivered  a final status went to a replaced connection alone (see `deliveries`)
undelivered   a final status went to nobody, or to a closed connection alone
duplicated    an update went to several connections of one client
"""

from __future__ import annotations

import re
from typing import Final

from logdiag.model import KINDS, Event

OVERLAPS: Final = ("overlap", "timed_out", "half_open", "drained")
HANGING: Final = "hanging"
DERIVED: Final = (*OVERLAPS, HANGING, "misdelivered", "undelivered", "duplicated")
COUNTABLE: Final = (*KINDS, *DERIVED)

# No close frame came (RFC 6455, section 7.4.1), or the server's own words for it: socket.io's
# "ping timeout", websockets' "keepalive ping timeout", and what people write.
_ABNORMAL: Final = 1006
_LEFT: Final = (1000, 1001)
_BY_CLIENT: Final = re.compile(r"client (namespace )?disconnect")
_UNANSWERED: Final = re.compile(
    r"(ping|pong|keep-?alive|heartbeat|idle|transport).{0,20}time ?(d )?out|no pong", re.IGNORECASE
)


def on_purpose(event: Event, before: str | None) -> bool:
    """Whether a page closed its connection itself, as when it is left; else it was lost.

    Codes 1000 and 1001 say so (RFC 6455, section 7.4.1), and so do socket.io's reasons.
    """
    if event.layer == "browser":
        return before == "closing"
    return event.code in _LEFT or bool(event.reason and _BY_CLIENT.search(event.reason))


def unanswered(event: Event, before: str | None = None) -> bool:
    """Whether a connection closed since its peer no longer answered.

    Code 1006 alone does not say so: a reset has it, too. That the server had begun to close it does
    ("Terminating inactive connection").
    """
    if event.reason:
        return bool(_UNANSWERED.search(event.reason))
    return event.code == _ABNORMAL and before == "closing" and event.layer != "browser"
