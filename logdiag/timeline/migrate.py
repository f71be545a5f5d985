"""The ordered list of migrations. Each runs in one transaction together with its record.

`user_version` counts the applied ones, so that a database that is up to date is known by one
pragma, and one written by a newer logdiag is recognised and left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from logdiag.timeline.schema import TABLES_1, VIEWS_1

if TYPE_CHECKING:
    import sqlite_utils

Step = tuple[str, str]  # name, SQL; append only: a released step never changes
STEPS: tuple[Step, ...] = (("0001_timeline", TABLES_1 + VIEWS_1),)


def version(connection: sqlite3.Connection) -> int:
    """How many steps the database has behind it; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Apply the steps that are missing, each wholly or not at all. Errors: `sqlite3.Error`."""
    if version(connection) >= len(steps):
        return
    # sqlite_utils takes 0.1 s to import: a database that is up to date does not pay for it.
    import sqlite_utils

    migrations = sqlite_utils.Migrations("logdiag")
    for number, (name, sql) in enumerate(steps, 1):
        migrations(name=name)(_step(number, sql))
    database = sqlite_utils.Database(connection, recursive_triggers=False, execute_plugins=False)
    migrations.apply(database)


def _step(number: int, sql: str) -> Callable[..., None]:
    def apply(database: sqlite_utils.Database) -> None:
        database.executescript(sql)
        database.execute(f"PRAGMA user_version = {number}")

    return apply
