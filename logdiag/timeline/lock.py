"""One writer at a time: an advisory lock beside the database, gone when its process dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from logdiag.errors import TimelineError


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
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise TimelineError(
                f"The database {database} is in use by process {holder}.",
                "Stop it first, or choose another file with --db or LOGDIAG_DB.",
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next writer in. May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
