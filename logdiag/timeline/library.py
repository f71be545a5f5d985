"""sqlite-utils over a connection of ours, imported when it is needed, and without NumPy."""

from __future__ import annotations

import importlib
import sqlite3
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite_utils


def database(connection: sqlite3.Connection) -> sqlite_utils.Database:
    """The connection as sqlite-utils knows it; neither its pragmas nor its plugins are applied."""
    _load()
    import sqlite_utils

    return sqlite_utils.Database(connection, recursive_triggers=False, execute_plugins=False)


def _load() -> None:
    """Import it without NumPy, where that is installed: 0.1 s for types of columns never used.

    A second thread may be importing NumPy for itself; beside one, nothing is hidden.
    """
    if {"sqlite_utils", "numpy"} & sys.modules.keys() or threading.active_count() > 1:
        return
    sys.modules["numpy"] = None  # type: ignore[assignment]  # "not there", for the import system
    try:
        importlib.import_module("sqlite_utils")
    finally:
        del sys.modules["numpy"]
