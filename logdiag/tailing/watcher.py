# ruff: noqa: PTH112, PTH120
# Roots are strings, "-" among them.
"""Notifications as hints: they end the wait for the next sweep, nothing more.

The kernel's queue overflows at some 60,000 events a second and watchdog then drops events
(watchdog #654); the sweep finds what a hint did not tell.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from logdiag.tailing.notices import Notice
from logdiag.tailing.targets import STDIN, Target

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver


class Watcher:
    """Wakes when something happens to the files of the targets.

    One watch for each directory given (its subdirectories, also those to come, included), one for
    the directory of each file given; never one per file. `notices` says where hints are missing.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        self.notices: list[Notice] = []
        self._event = threading.Event()
        self._observer: BaseObserver | None = None
        try:
            self._observer = self._start(_directories(targets))
        except Exception as error:  # watchdog raises what the platform raises; see _fall_back
            self._fall_back(error)

    def _start(self, directories: dict[str, bool]) -> BaseObserver | None:
        """Watch the directories. Imported here: the import takes 80 ms that others need not pay."""
        from watchdog import events
        from watchdog.observers import Observer

        if not directories:
            return None
        # Its remarks (a hint that comes while it stops) are not for the person at the terminal.
        logging.getLogger("watchdog").addHandler(logging.NullHandler())
        observer = Observer()
        # Opening and closing a file makes events too, and our own reading opens files.
        wanted: list[type[events.FileSystemEvent]] = [
            events.FileModifiedEvent,
            events.FileCreatedEvent,
            events.FileMovedEvent,
            events.FileDeletedEvent,
            events.DirCreatedEvent,
            events.DirMovedEvent,
        ]
        handler = _handler(self._event)
        observer.start()
        self._observer = observer
        for path, recursive in directories.items():
            observer.schedule(handler, path, recursive=recursive, event_filter=wanted)
        return observer

    def _fall_back(self, error: Exception) -> None:
        """Without hints the sweep alone still sees everything, a second later."""
        self.close()
        self.notices.append(
            Notice(
                "",
                f"changes are not notified ({error}); files are looked at every second instead",
                "Raise fs.inotify.max_user_watches and max_user_instances to be told at once.",
                "info",
            )
        )

    def wait(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds for a hint; hints since the last call are one."""
        hinted = self._event.wait(timeout)
        self._event.clear()
        return hinted

    def wake(self) -> None:
        """End the wait, from any thread."""
        self._event.set()

    def close(self) -> None:
        """Stop watching."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(timeout=5)


def _handler(event: threading.Event) -> Any:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler

    class Hint(FileSystemEventHandler):
        """Cannot raise: an exception here would end watchdog's thread, silently."""

        def on_any_event(self, _: FileSystemEvent) -> None:
            event.set()

    return Hint()


def _directories(targets: Sequence[Target]) -> dict[str, bool]:
    """Directories to watch, and whether with their subdirectories."""
    found: dict[str, bool] = {}
    for target in targets:
        if target.root == STDIN:
            continue
        if os.path.isdir(target.root):
            found[os.path.realpath(target.root)] = True
        else:
            # A link may be swapped where it lies; what it leads to grows where that lies.
            for path in (target.root, os.path.realpath(target.root)):
                found.setdefault(os.path.dirname(path), False)
    return {path: recursive for path, recursive in found.items() if os.path.isdir(path)}
