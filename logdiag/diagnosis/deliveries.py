"""Final statuses that reach only a connection that a newer one of its client has replaced.

The page listens on its newest connection: what is sent to the older one alone is never seen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import Moment, far
from logdiag.diagnosis.windows import Seen
from logdiag.model import SECOND, Event

FINAL = frozenset({
    "cancelled", "complete", "completed", "done", "error", "failed", "finished", "succeeded",
    "success",
})  # fmt: skip
TOGETHER = 2 * SECOND  # one update goes to all of a client's connections within
TOGETHER_LINES = 10
MAX_WAITING = 1_000  # final statuses that may yet be sent to the newest connection


class Deliveries:
    """The final statuses of the last moments, by client and what they are about."""

    def __init__(self) -> None:
        # With the client's key; the event is None once it went to the newest connection.
        self._waiting: OrderedDict[str, tuple[Moment, str, Event | None, Any]] = OrderedDict()

    def take(
        self, event: Event, life: Life, newer: Life | None, moment: Moment
    ) -> Iterator[tuple[str, Seen]]:
        """A message went to a connection; gives what by now went to a replaced one alone.

        Each with its client's key; its proof is the line that opened the newer connection.
        """
        waiting = self._waiting
        while waiting:
            (since, client, missed, line) = next(iter(waiting.values()))
            if len(waiting) <= MAX_WAITING and not far(since, moment, TOGETHER, TOGETHER_LINES):
                break
            waiting.popitem(last=False)
            if missed is not None:
                yield client, Seen(moment[1], missed, line)
        if life.client_key is None or event.message is None or event.reason not in FINAL:
            return
        name = f"{life.client_key} {event.message}"
        if newer is None or newer.opened_ordinal <= life.opened_ordinal:
            waiting[name] = (moment, life.client_key, None, None)
        elif name not in waiting:
            missed = event._replace(
                kind="misdelivered", client=life.client, user=life.user, path=life.path
            )
            waiting[name] = (moment, life.client_key, missed, newer.opened_line)

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return list(self._waiting.items())

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        for name, (moment, client, missed, line) in state:
            event = None if missed is None else Event(*missed)
            self._waiting[name] = (tuple(moment), client, event, tuple(line) if line else None)
