"""What connections of one service have in common: how each is known, and what told of it."""

from __future__ import annotations

from typing import Final

from logdiag.model import Event, Identity

MAX_OF_PATTERN: Final = 32  # processes and files at a time; what is forgotten is only made again


class Origin:
    """How a connection is known, and the process, layer, pattern and source of its opening."""

    __slots__ = ("identity", "layer", "pattern", "process", "source")

    def __init__(
        self, identity: Identity, process: str | None, layer: str, pattern: str, source: int
    ) -> None:
        self.identity: Identity = identity
        self.process = process
        self.layer = layer
        self.pattern = pattern
        self.source = source


class Origins:
    """One of each: what a million connections repeat would take a fifth of their memory."""

    def __init__(self) -> None:
        self._by_pattern: dict[str, list[Origin]] = {}

    def of(self, identity: Identity, process: str | None, event: Event) -> Origin:
        """That of a connection of this process that the event opens."""
        return self._one(identity, process, event.layer, event.pattern, event.source)

    def named(self, origin: Origin) -> Origin:
        """The same, once a line told the connection's id."""
        return self._one("id", origin.process, origin.layer, origin.pattern, origin.source)

    def _one(
        self, identity: Identity, process: str | None, layer: str, pattern: str, source: int
    ) -> Origin:
        known = self._by_pattern.get(pattern)
        if known is None:
            known = self._by_pattern[pattern] = []
        for one in known:
            if (
                one.source == source
                and one.process == process
                and one.identity == identity
                and one.layer == layer
            ):
                return one
        if len(known) >= MAX_OF_PATTERN:
            known.clear()
        made = Origin(identity, process, layer, pattern, source)
        known.append(made)
        return made
