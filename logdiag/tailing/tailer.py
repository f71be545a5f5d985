"""Following files through whatever a log rotator does to them.

`refresh` looks at the disk and decides which file is which source; `readers` then give what is
new. Only the sweep decides: notifications are hints (watchdog #654).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from logdiag.model import Gap, Position, Source
from logdiag.tailing.cutter import BLOCK_SIZE, MAX_LINE
from logdiag.tailing.discover import Discoverer
from logdiag.tailing.fingerprint import Mark
from logdiag.tailing.notices import Notice
from logdiag.tailing.pool import Key, Pool
from logdiag.tailing.reader import FileReader, Reader, Settings
from logdiag.tailing.stream import StreamReader
from logdiag.tailing.targets import Target

Known = tuple[Source, Position]


class Tailer:
    """The files of some targets, as sources of lines."""

    def __init__(
        self,
        targets: Sequence[Target],
        known: Iterable[Known],
        register: Callable[[str, str], Source],
        *,
        final: bool = False,
        max_line: int = MAX_LINE,
        block_size: int = BLOCK_SIZE,
        archives: bool = False,
        wall: Callable[[], int] = time.time_ns,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._targets = list(targets)
        self._register = register
        self._archives = archives
        self._settings = Settings(Pool(), wall, final, block_size, max_line)
        self._discoverer = Discoverer()
        self._known = list(known)
        self._files: dict[Key, FileReader] = {}
        self._order: list[Reader] = []
        self._streams: list[StreamReader] = []
        self._first = True

    def refresh(self) -> list[Notice | Gap]:
        """Look at the disk. Returns what a person should know, and gaps."""
        news: list[Notice | Gap] = []
        found = [one for one in self._discoverer.look(self._targets) if one.kind == "plain"]
        for one in found:
            reader = self._files.get(one.key)
            if reader is not None:
                reader.saw(one.size, one.mtime)
            elif one.given and one.size:
                source = self._register(one.service, one.shown)
                self._files[one.key] = FileReader(
                    source, one, Mark(), self._settings, ended=False, live=not self._first
                )
        self._order = [self._files[one.key] for one in found if one.key in self._files]
        self._first = False
        return [*self._discoverer.notices, *news]

    def readers(self) -> list[Reader]:
        """All sources, in stable order: target by target, log by log, oldest first."""
        return list(self._order)

    def close(self) -> None:
        """Close all files."""
        self._settings.pool.close_all()
