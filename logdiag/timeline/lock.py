"""One writer at a time: an advisory lock beside the database, gone when its process dies.

Its file has the process's number, which is taken out again by who lets go in peace.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import NamedTuple

from logdiag.errors import TimelineError

_TRIES, _PAUSE = 3, 0.01  # seconds; who only asks for the holder has the lock for microseconds


class Holder(NamedTuple):
    """A process, 0 if it has not said its number; if not `alive`, it was killed or crashed."""

    process: int
    alive: bool


class Lock:
    """Holds `<database>-lock`. The file stays: removing it would let two writers in."""

    def __init__(self, database: Path) -> None:
        """Take the lock. Errors: `TimelineError` when another writer holds it."""
        path = database.with_name(database.name + "-lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            words = f"The lock file {path} cannot be written: {error.strerror}."
            raise TimelineError(words, "Choose another place with --db or LOGDIAG_DB.") from error
        try:
            self._take()
        except OSError as error:
            holder = _written(self._file) or "unknown"
            os.close(self._file)
            raise TimelineError(
                f"The database {database} is in use by process {holder}.",
                "Stop it first, or choose another file with --db or LOGDIAG_DB.",
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def _take(self) -> None:
        for _ in range(_TRIES):
            try:
                return fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_PAUSE)
        return fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Let the next writer in. May be called twice."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1


def holder(database: Path) -> Holder | None:
    """Who holds the lock, or never let it go; None: nobody."""
    try:
        file = os.open(database.with_name(database.name + "-lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Holder(_number(file), True)
    else:
        lost = _number(file)
        return Holder(lost, False) if lost else None
    finally:
        os.close(file)


def _number(file: int) -> int:
    number = _written(file)
    return int(number) if number.isdecimal() else 0


def _written(file: int) -> str:
    return os.pread(file, 20, 0).decode("ascii", "replace").strip()
