"""The timeline as the threads of a server see it, while another process may be writing it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from logdiag.timeline import Reader, lock

FRESH = 0.75  # seconds for which a version is believed: bounds how often an answer is made anew


class Database:
    """Each thread reads through a connection of its own; all of them agree on the version."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._clock = clock
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._run = secrets.token_hex(3)  # versions of an earlier run mean nothing now
        self._generation = 0
        self._seen: tuple[object, ...] = ()
        self._watching: tuple[tuple[int, int], Reader] | None = None
        self._looked: float | None = None

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """This thread's reader, within one snapshot. Errors: `TimelineError`."""
        self._threads.held = held = _current(self.path, getattr(self._threads, "held", None))
        with held[1].snapshot():
            yield held[1]

    def version(self) -> str:
        """Another text whenever the database or its writer has changed. Errors: `TimelineError`."""
        with self._lock:
            now = self._clock()
            if self._looked is None or now - self._looked >= FRESH:
                self._look()
                self._looked = now
            return f"{self._run}-{self._generation}"

    def _look(self) -> None:
        self._watching = _current(self.path, self._watching)
        file, reader = self._watching
        # SQLite's own count of what others committed; it means something to one connection only
        seen = (file, reader.data_version(), self.writer())
        if seen != self._seen:
            self._generation += 1
            self._seen = seen

    def writer(self) -> lock.Holder | None:
        """Who writes the database, or was lost while it did; None: nobody."""
        return lock.holder(self.path)


def _current(
    path: Path, held: tuple[tuple[int, int], Reader] | None
) -> tuple[tuple[int, int], Reader]:
    """The reader that is held, or a new one where the file is another one by now."""
    try:
        status = path.stat()
        file = (status.st_dev, status.st_ino)
    except FileNotFoundError:
        file = (0, 0)
    if held is not None:
        if held[0] == file:
            return held
        held[1].close()
    return file, Reader.open(path)
