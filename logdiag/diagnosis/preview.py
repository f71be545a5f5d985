"""What the next lines will most likely come to, before they can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from logdiag.diagnosis.detector import Detector
from logdiag.model import Changes, Connection, Event

PARTS = ("connections", "echoes", "refusals", "order", "nobody")  # of a detector's state


def preview(
    service: str, state: Mapping[str, Any], living: Iterable[Connection], events: Iterable[Event]
) -> Changes:
    """The changes that the events make without any rules.

    `state` has the `PARTS` of the state that the detector is in; `living` are the connections that
    are not over, or the latest of them. Errors: what `Detector.restore` raises for another
    version's state.
    """
    detector = Detector(service, ())
    lives = list(living)
    numbers = {one.number for one in lives}
    names = state["connections"]["names"]
    aliases = [alias for alias in names["aliases"] if alias[0] in numbers]
    connections = {**state["connections"], "names": {**names, "aliases": aliases}}
    detector.restore({**detector.snapshot(), **state, "connections": connections}, lives)
    for event in events:
        detector.on_event(event)
    return detector.drain()
