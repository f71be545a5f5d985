"""The ordered list of migrations. Each runs in one transaction together with its record.

`user_version` counts the applied ones, so that a database that is up to date is known by one
pragma, and one written by a newer logdiag is recognised and left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

from logdiag.timeline import library
from logdiag.timeline.schema import TABLES_1, VIEWS_1

if TYPE_CHECKING:
    import sqlite_utils

# Name, and statements with an empty line between them. Append only: a released step never changes.
Step = tuple[str, str]
STEPS: tuple[Step, ...] = (("0001_timeline", TABLES_1 + VIEWS_1),)


def version(connection: sqlite3.Connection) -> int:
    """How many steps the database has behind it; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Apply the steps that are missing, each wholly or not at all. Errors: `sqlite3.Error`."""
    if version(connection) >= len(steps):
        return
    # sqlite_utils takes a while to import: a database that is up to date does not pay for it.
    database = library.database(connection)
    from sqlite_utils import Migrations

    migrations = Migrations("logdiag")
    for number, (name, sql) in enumerate(steps, 1):
        migrations(name=name)(_step(number, sql))
    migrations.apply(database)


def lacking(connection: sqlite3.Connection) -> list[str]:
    """Which tables, columns (as `table.column`), indices and views a current database would have.

    A step that is not released yet may change, and what it made before counts as up to date.
    """
    return sorted(_current() - _names(connection))


def made_on(connection: sqlite3.Connection) -> str:
    """The day on which the database was made, as 2026-11-24."""
    (time,) = connection.execute("SELECT min(applied_at) FROM _sqlite_migrations").fetchone()
    return str(time)[:10]


@cache
def _current() -> frozenset[str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for _, sql in STEPS:
            connection.executescript(sql)
        return frozenset(_names(connection))


def _names(connection: sqlite3.Connection) -> set[str]:
    named = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
    columns = (
        "SELECT m.name || '.' || p.name FROM sqlite_schema AS m"
        " JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table'"
    )
    return {name for (name,) in connection.execute(f"{named} UNION ALL {columns}")}


def _step(number: int, sql: str) -> Callable[..., None]:
    def apply(database: sqlite_utils.Database) -> None:
        # one by one: sqlite-utils would look for each statement's end letter by letter, 15 ms
        for statement in sql.split(";\n\n"):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {number}")

    return apply
