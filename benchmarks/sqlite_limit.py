"""What SQLite itself takes: ten columns, prepared inserts in batches of 10,000, nothing else.

No tool that keeps its events in SQLite from one thread of Python is faster than this on a log in
which every line is an event.

    python benchmarks/sqlite_limit.py ROWS DATABASE
"""

from __future__ import annotations

import itertools
import sqlite3
import sys

BATCH = 10_000


def main() -> None:
    """Insert the rows, and close the database properly."""
    rows, path = int(sys.argv[1]), sys.argv[2]
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(
        "CREATE TABLE events (source INTEGER, offset INTEGER, line INTEGER, time INTEGER, "
        "kind INTEGER, connection TEXT, total INTEGER, code INTEGER, pattern INTEGER, text TEXT, "
        "PRIMARY KEY (source, offset)) STRICT, WITHOUT ROWID"
    )
    text = "info: WebSocket connection 3f9a8c21 closed (code 1005). Total: 12"
    numbers = iter(range(rows))
    while batch := list(itertools.islice(numbers, BATCH)):
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((1, n * 96, n, n * 10_000_000, 3, f"{n:08x}", 12, 1005, 1, text) for n in batch),
        )
        database.execute("COMMIT")
    database.close()


if __name__ == "__main__":
    main()
