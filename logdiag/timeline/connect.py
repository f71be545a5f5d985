"""Finding, opening and creating the database file, and saying in words what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from logdiag.errors import NoTimelineError, TimelineError
from logdiag.timeline.migrate import STEPS, lacking, made_on, version
from logdiag.timeline.schema import APPLICATION_ID

MEMORY = ":memory:"
_MAGIC = b"SQLite format 3\x00"  # https://www.sqlite.org/fileformat2.html#the_database_header
_APPLICATION_ID_AT = 68
_BUSY_SECONDS = 5.0  # a person's own sqlite3 shell may hold the write lock for a moment
_WAL_KEPT = 64 << 20  # bytes the -wal file may keep on disk after a checkpoint

_ELSEWHERE = "Choose another file with --db or LOGDIAG_DB."
_CANNOT_OPEN = 14
_DAMAGED = (
    "Move it away and ingest the logs again, or rescue what is left with "
    "`sqlite3 FILE .recover | sqlite3 rescued.db`."
)
# Primary result codes, https://www.sqlite.org/rescode.html: what it means, what to try.
_WORDS = {
    3: ("may not be accessed", f"Check its permissions. {_ELSEWHERE}"),
    5: ("is locked by another program", "Close it there, or try again."),
    6: ("is locked by another program", "Close it there, or try again."),
    8: ("is read-only", f"Check the permissions of file and directory. {_ELSEWHERE}"),
    10: ("cannot be read or written (I/O error)", "Check the disk; nothing was half-stored."),
    11: ("is damaged", _DAMAGED),
    13: ("cannot grow, the disk is full", "Free some space; nothing was half-stored."),
    _CANNOT_OPEN: (
        "cannot be opened",
        f"Check that its directory exists and is writable. {_ELSEWHERE}",
    ),
    19: ("refused a batch", "Nothing of it was stored; please report this."),
    26: ("is damaged or no database", _DAMAGED),
}


def default_path(configured: Path | None = None) -> Path:
    """$LOGDIAG_DB; else the configured file; else `logdiag/timeline.db` in the state directory."""
    named = os.environ.get("LOGDIAG_DB")
    if named:
        return Path(named).expanduser()
    if configured is not None:
        return configured
    import platformdirs

    return Path(platformdirs.user_state_dir("logdiag", appauthor=False)) / "timeline.db"


@contextmanager
def told(path: Path | str) -> Iterator[None]:
    """Turn what SQLite raises inside the block into a `TimelineError` about `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise in_words(path, error) from error


def in_words(path: Path | str, error: sqlite3.Error) -> TimelineError:
    """The `TimelineError` for what SQLite said about the database at `path`."""
    code = getattr(error, "sqlite_errorcode", 1) & 0xFF
    what, hint = _WORDS.get(code, ("cannot be used", _ELSEWHERE))
    return TimelineError(f"The database {path} {what}: {error}.", hint)


def prepare(path: Path) -> None:
    """Refuse what is not ours before a lock is laid beside it; make the missing directory."""
    is_ours(path)
    with _writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def create(path: Path) -> sqlite3.Connection:
    """A connection for the writer; the file is made if missing.

    Errors: `TimelineError` for what is not ours, too new, or cannot be written.
    """
    with _writing(path):
        # SQLite gives -wal and -shm the mode of the database file.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    fresh = not is_ours(path)
    with told(path):
        connection = _connect(f"{_uri(path)}?mode=rw")
        return _closed_on_error(connection, lambda: _prepare(connection, path, fresh))


def create_in_memory() -> sqlite3.Connection:
    """A connection to a new database that lives as long as it."""
    return _connect("file::memory:")


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that can only read. Errors: `TimelineError` when there is nothing to read."""
    if not is_ours(path):
        raise _missing(path)
    uri = f"{_uri(path)}?mode=ro"
    with told(path):
        try:
            return _checked(_connect(uri), path)
        except sqlite3.OperationalError as error:
            # In WAL mode SQLite needs an -shm file, which a read-only place does not take. Where
            # no -wal is left nobody writes, and the file alone is the whole database.
            if error.sqlite_errorcode & 0xFF != _CANNOT_OPEN or _wal_of(path).exists():
                raise
            return _checked(_connect(f"{uri}&immutable=1"), path)


def _missing(path: Path) -> NoTimelineError:
    return NoTimelineError(
        f"There is no database at {path}.",
        "Run `logdiag ingest PATH` or `logdiag watch PATH` first.",
    )


def _checked(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    return _closed_on_error(connection, lambda: _check_readable(connection, path))


def _wal_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def is_ours(path: Path) -> bool:
    """Whether it is a timeline; False: empty or missing. Errors: `TimelineError` for any other.

    Reads the header only, so that a stranger's database is not touched at all, not even by the
    recovery of its write-ahead log. The mark is written before WAL begins, hence always there.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _directory(path)
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return False
    except OSError as error:
        words = f"The database {path} cannot be read: {error.strerror}."
        raise TimelineError(words, f"Check the permissions. {_ELSEWHERE}") from error
    if not header:
        return False
    if not header.startswith(_MAGIC):
        raise TimelineError(f"{path} is not a database; it is left as it is.", _ELSEWHERE)
    mark = int.from_bytes(header[_APPLICATION_ID_AT : _APPLICATION_ID_AT + 4], "big")
    if mark != APPLICATION_ID:
        words = f"{path} is a database of another program; it is left as it is."
        raise TimelineError(words, _ELSEWHERE)
    return True


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = f"The database {path} cannot be written: {error.strerror}."
        raise TimelineError(words, f"Check the permissions. {_ELSEWHERE}") from error


def _directory(path: Path) -> TimelineError:
    words = f"{path} is a directory." if path.is_dir() else f"{path} is not a regular file."
    return TimelineError(words, f"Name a file, for example {path / 'timeline.db'}.")


def _uri(path: Path) -> str:
    return path.absolute().as_uri()


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False
    )


def _closed_on_error(
    connection: sqlite3.Connection, check: Callable[[], None]
) -> sqlite3.Connection:
    try:
        check()
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, fresh: bool) -> None:
    if fresh:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    _refuse_newer(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT}")


def _check_readable(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA query_only = ON")
    _refuse_newer(connection, path)
    if version(connection) == 0:  # a writer has only just begun to make it
        raise _missing(path)
    if version(connection) < len(STEPS):
        raise TimelineError(
            f"The database {path} was written by an older logdiag "
            f"(schema {version(connection)}, this one knows {len(STEPS)}).",
            "Run `logdiag ingest` or `logdiag watch` once to bring it up to date.",
        )
    refuse_other(connection, path)


def refuse_other(connection: sqlite3.Connection, path: Path | str) -> None:
    """Refuse what another version made before its schema was settled. Errors: `TimelineError`."""
    missing = lacking(connection)  # a damaged schema is told here, not later
    if missing:
        words = f"The database {path} was made on {made_on(connection)} by another version of"
        raise TimelineError(
            f"{words} logdiag, which kept other things: {missing[0]} is not in it.",
            "Move it away and read the logs again with `logdiag ingest`, or use that version.",
        )


def _refuse_newer(connection: sqlite3.Connection, path: Path) -> None:
    found = version(connection)
    if found > len(STEPS):
        raise TimelineError(
            f"The database {path} was written by a newer logdiag "
            f"(schema {found}, this one knows {len(STEPS)}).",
            f"Upgrade logdiag. {_ELSEWHERE}",
        )
