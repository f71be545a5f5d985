from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from logdiag.timeline import Writer
from logdiag.timeline.migrate import STEPS, migrate, version

_NEXT = ("9999_more", "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;")
_BROKEN = ("9999_broken", "CREATE TABLE more (id INTEGER);\n\nINSERT INTO nowhere VALUES (1);")


def _connect() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


@pytest.mark.parametrize("older", range(len(STEPS) + 1))
def test_from_every_version(older: int) -> None:
    """From any older version the way leads to the same schema as from nothing."""
    fresh, old = _connect(), _connect()
    migrate(fresh, [*STEPS, _NEXT])
    migrate(old, STEPS[:older])
    assert older == version(old)
    migrate(old, [*STEPS, _NEXT])
    assert _schema(fresh) == _schema(old)
    assert len(STEPS) + 1 == version(old)


def test_content_survives(path: Path) -> None:
    """A later step leaves what was stored."""
    with Writer.open(path) as writer:
        source = writer.register("app", "app.log")
        migrate(writer._connection, [*STEPS, _NEXT])
        assert [source] == [known for known, _ in writer.known()]


def test_broken_step_leaves_no_trace() -> None:
    """A step that fails half-way is undone with its record, and can be tried again."""
    connection = _connect()
    migrate(connection)
    before = _schema(connection)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(connection, [*STEPS, _BROKEN])
    assert before == _schema(connection)
    assert len(STEPS) == version(connection)
    migrate(connection, [*STEPS, ("9999_broken", _NEXT[1])])
    assert len(STEPS) + 1 == version(connection)


def test_each_step_is_recorded_once() -> None:
    """The names of the steps are in the database, in order, however often it is opened."""
    connection = _connect()
    for _ in range(3):
        migrate(connection)
    sql = "SELECT migration_set, name FROM _sqlite_migrations ORDER BY id"
    assert [("logdiag", name) for name, _ in STEPS] == connection.execute(sql).fetchall()


def test_up_to_date_is_left_alone() -> None:
    """A database that is up to date is not touched at all."""
    connection = _connect()
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    migrate(connection)
    assert [] == _schema(connection)


def test_numpy_is_not_imported_for_it(path: Path) -> None:
    """A new database is made without NumPy, which takes 0.1 s, and which can be imported after."""
    lines = (
        "import sys",
        "from logdiag.timeline import Writer",
        "Writer.open(sys.argv[1]).close()",
        "assert 'sqlite_utils' in sys.modules and 'numpy' not in sys.modules",
        "import numpy",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines), path], check=True)
