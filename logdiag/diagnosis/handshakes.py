"""How long the latest handshakes took, where a log tells when they begin: mostly a page's own."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection
from statistics import median
from typing import Any, Final

from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import spoken
from logdiag.model import Event

MAX_BEGUN: Final = 2_000  # handshakes under way
MAX_ENDED: Final = 2_000  # the latest ones, to compare with


class Handshakes:
    """The handshakes of one service."""

    def __init__(self) -> None:
        self._begun: OrderedDict[str, int] = OrderedDict()  # connection -> when, ns
        self._took: deque[tuple[int, int]] = deque(maxlen=MAX_ENDED)  # connection's number, ns

    def begins(self, event: Event) -> None:
        """One begins."""
        if event.connection and event.time is not None:
            self._begun[event.connection] = event.time
            if len(self._begun) > MAX_BEGUN:
                self._begun.popitem(last=False)

    def ends(self, life: Life, event: Event) -> None:
        """That connection opened."""
        begun = self._begun.pop(life.name, None) if self._begun else None
        if begun is not None and event.time is not None:
            self._took.append((life.number, event.time - begun))

    def grounds(self, numbers: Collection[int]) -> str:
        """How long those of these connections took, and those of others; empty if nobody knows."""
        these = [ns for number, ns in self._took if number in numbers] if numbers else []
        if not these:
            return ""
        others = [ns for number, ns in self._took if number not in numbers]
        said = f"handshakes whose page had gone took {spoken(round(median(these)))} at the median"
        return said + (f", others {spoken(round(median(others)))}" if others else "")

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [list(self._begun.items()), list(self._took)]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        begun, took = state
        self._begun.update(begun)
        self._took.extend((number, ns) for number, ns in took)
