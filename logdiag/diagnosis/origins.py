"""What connections of one service share: how each is known, what told of it, and their path."""

from __future__ import annotations

from typing import Final

from logdiag.model import Event, Identity

PAGE: Final = 30  # bits: a log in pages of a GiB, so that where a line is in one takes few bytes
IN_PAGE: Final = (1 << PAGE) - 1
MAX_OF_PATTERN: Final = 32  # processes and files at a time; what is forgotten is only made again
MAX_PATHS: Final = 4_096  # likewise: a service has few, or the ids of those who are there now


class Origin:
    """How a connection is known, and the process, layer, pattern and place of its opening."""

    __slots__ = ("identity", "layer", "page", "pattern", "process", "source")

    def __init__(
        self, identity: Identity, process: str | None, layer: str, pattern: str, source: int,
        page: int,
    ) -> None:  # fmt: skip
        self.identity: Identity = identity
        self.process = process
        self.layer = layer
        self.pattern = pattern
        self.source = source
        self.page = page  # where that of the line begins


class Origins:
    """One of each: what a million connections repeat would take a fifth of their memory."""

    def __init__(self) -> None:
        self._by_pattern: dict[str, list[Origin]] = {}
        self._paths: dict[str, str] = {}
        self._latest = ""  # of them: most often it is the next one, too

    def of(self, identity: Identity, process: str | None, event: Event) -> Origin:
        """That of a connection of this process that the event opens."""
        page = event.offset & ~IN_PAGE
        return self._one(identity, process, event.layer, event.pattern, event.source, page)

    def named(self, origin: Origin) -> Origin:
        """The same, once a line told the connection's id."""
        process, layer, pattern = origin.process, origin.layer, origin.pattern
        return self._one("id", process, layer, pattern, origin.source, origin.page)

    def path(self, path: str | None) -> str | None:
        """The same text as that of other connections, kept once: each line makes it anew."""
        if path is None:
            return None
        if path == self._latest:
            return self._latest
        known = self._paths.get(path)
        if known is None:
            if len(self._paths) >= MAX_PATHS:
                self._paths.clear()
            known = self._paths[path] = path
        self._latest = known
        return known

    def _one(
        self, identity: Identity, process: str | None, layer: str, pattern: str, source: int,
        page: int,
    ) -> Origin:  # fmt: skip
        known = self._by_pattern.get(pattern)
        if known is None:
            known = self._by_pattern[pattern] = []
        for one in known:
            if (
                one.source == source
                and one.process == process
                and one.identity == identity
                and one.page == page
                and one.layer == layer
            ):
                return one
        if len(known) >= MAX_OF_PATTERN:
            known.clear()
        made = Origin(identity, process, layer, pattern, source, page)
        known.append(made)
        return made
