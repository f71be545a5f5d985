"""What an event means for others, before and after it: marks, attempts, and what is usual."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from logdiag.diagnosis.attempts import Attempts
from logdiag.diagnosis.baseline import Baselines
from logdiag.diagnosis.deliveries import Deliveries
from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.handshakes import Handshakes
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.losses import Losses
from logdiag.diagnosis.marks import Marks
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.surroundings import Surroundings
from logdiag.model import Event

KINDS: Final = frozenset({"auth_failure", "rejected", "cleanup", "reconnect", "opening"})


class Notes:
    """Takes note of the events of one service that are no steps of a connection's life."""

    def __init__(
        self, clients: Clients, surroundings: Surroundings, asked: Iterable[tuple[str, ...]]
    ) -> None:
        self.marks = Marks()
        self.attempts = Attempts()
        self.handshakes = Handshakes()
        self.deliveries = Deliveries(clients)
        self.losses = Losses(clients)
        self.baselines = Baselines([("auth_failure",), *asked])
        self._compared = self.baselines.kinds
        self.kinds = KINDS | self._compared
        self._clients = clients
        self._surroundings = surroundings

    def take(self, event: Event, key: str | None, moment: Moment) -> None:
        """An event by client `key`; one that is of none of `kinds` tells nothing."""
        kind = event.kind
        if kind in self._compared:
            self._compare(event, key, moment)
        if kind == "auth_failure":
            self.marks.on_failure(event, key, moment[1])
            self.attempts.refused(event)
        elif kind == "rejected":
            self.attempts.refused(event)
        elif kind == "reconnect":
            self.marks.on_loss(event, key, moment[1])
        elif kind == "cleanup":
            self.marks.on_cleanup(event, key, moment[1])
        elif kind == "opening":
            self.handshakes.begins(event)

    def _compare(self, event: Event, key: str | None, moment: Moment) -> None:
        """Hold it against what is usual."""
        baselines, kind = self.baselines, event.kind
        spikes = baselines.note(kind, key, event.time, self._clients)
        if spikes and kind == "auth_failure":
            clients, again = baselines.clients(kind), baselines.again(kind)
            self._surroundings.refused(clients, again, moment)

    def opened(self, life: Life, key: str | None, event: Event, ordinal: int) -> None:
        """A connection of client `key` opened: what came just before marks it."""
        known = self.marks.on_opened(life, key, event, ordinal)
        self.handshakes.ends(life, event)
        if key is not None and known is not None:
            self.baselines.rename("auth_failure", known, key)  # the opening tells whose it was

    def identified(self, first: Event, event: Event, key: str) -> None:
        """`event` tells who made the refused request that `first` told."""
        self.marks.on_failure_of((first.source, first.offset), event, key)
        self.attempts.refused(event)
        self.baselines.name(event.kind, key, self._clients)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        return {
            "marks": self.marks.snapshot(),
            "attempts": self.attempts.snapshot(),
            "handshakes": self.handshakes.snapshot(),
            "deliveries": self.deliveries.snapshot(),
            "losses": self.losses.snapshot(),
            "baselines": self.baselines.snapshot(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        self.marks.restore(state["marks"])
        self.attempts.restore(state["attempts"])
        self.handshakes.restore(state["handshakes"])
        self.deliveries.restore(state["deliveries"])
        self.losses.restore(state["losses"])
        self.baselines.restore(state["baselines"])
