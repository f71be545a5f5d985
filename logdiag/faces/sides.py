"""What `compare` is given as BEFORE or AFTER: logs, a database, or a range of time in one."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from logdiag.engines.settings import Settings
from logdiag.errors import TimelineError, UsageError
from logdiag.faces import document, periods
from logdiag.faces.checking import read_once
from logdiag.faces.comparison import Input
from logdiag.timeline import Reader
from logdiag.timeline.connect import is_ours


def told(text: str, db: Path, settings: Settings, service: str | None) -> Input:
    """The report on it: FROM..TO is a range of `db`; a timeline is read, anything else ingested.

    A file of a name that reads like a range is told apart by a path: ./2026-11-20..2026-11-21
    Errors: as those of reading, and `UsageError` for a range that is none.
    """
    if periods.lacks_day(text):
        raise UsageError(f"{text}: a range needs a day.", "Write it like 2026-01-31T10:00..11:00.")
    if periods.is_range(text):
        return _of_database(text, db, service, ranged=True)
    if _is_timeline(Path(text)):
        return _of_database(text, Path(text), service, ranged=False)
    with read_once([text], settings) as (reader, outcome):
        report = document.build(
            reader, generated_at=time.time_ns(), service=service, problems=outcome.problems
        )
    return Input(text, report)


def _of_database(text: str, db: Path, service: str | None, *, ranged: bool) -> Input:
    with Reader.open(db) as reader:
        period = None
        if ranged:
            period = periods.of_range(text, document.end_of_data(reader, service))
        report = document.build(reader, generated_at=time.time_ns(), service=service, period=period)
    return Input(text, report)


def _is_timeline(path: Path) -> bool:
    """Not what is no database; nor one of another program, which reading it as a log refuses."""
    with suppress(TimelineError):
        return is_ours(path)
    return False
