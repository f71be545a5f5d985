"""The commands that read logs into the database: `ingest` once, `watch` for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logdiag.faces import options, showing
from logdiag.faces.shell import complain, emit, guarded, leave, on_signals

if TYPE_CHECKING:
    from logdiag.engines.outcome import Outcome
    from logdiag.timeline import Reader


@guarded
def ingest(
    paths: options.Paths = None,
    db: options.Database = None,
    zone: options.Zone = None,
    year: options.Year = None,
    settle: options.Settle = None,
    rules: options.Rules = None,
    formats: options.Formats = None,
    config: options.Config = None,
) -> int:
    """Read logs and archives into the database, each line once."""
    import signal
    import time

    from logdiag.engines import ingest as engine
    from logdiag.timeline import Reader

    settings = options.settings(zone, year, settle, rules, formats, config)
    wanted, database = options.paths(paths, config), options.database(db, config)
    begin = time.monotonic()
    with on_signals(leave, signal.SIGTERM), _progress() as progress:
        outcome = engine.ingest(wanted, database, settings, progress=progress)
    with Reader.open(database) as reader:
        refuse_nothing(reader, wanted, outcome)
    for problem in outcome.problems:
        complain(problem, kind="Warning")
    emit(_summary(outcome, time.monotonic() - begin) + _next(db, config))
    return 4 if outcome.incomplete else 0


@guarded
def watch(
    paths: options.Paths = None,
    db: options.Database = None,
    once: Annotated[bool, typer.Option("--once", help="Read what is there, then stop.")] = False,
    fail_on: Annotated[
        options.FailOn | None,
        typer.Option(
            metavar="LEVEL",
            show_default=False,
            help="Exit 1 if at the end a finding of this level or worse is firing.",
        ),
    ] = None,
    web: Annotated[bool, typer.Option("--web", help="Show the page, too: see web.")] = False,
    host: showing.Host = showing.DEFAULT_HOST,
    port: showing.Port = showing.DEFAULT_PORT,
    allow_host: showing.AllowHost = None,
    open_browser: showing.Open = False,
    zone: options.Zone = None,
    year: options.Year = None,
    settle: options.Settle = None,
    rules: options.Rules = None,
    formats: options.Formats = None,
    config: options.Config = None,
) -> int:
    """Follow logs; say when a leak begins and when it is over."""
    from logdiag.faces import watching

    settings = options.settings(zone, year, settle, rules, formats, config)
    wanted, database = options.paths(paths, config), options.database(db, config)
    where = (host, port, allow_host)
    with showing.beside(web, database, settings, where, open_browser=open_browser):
        outcome, stopped = watching.follow(wanted, database, settings, once=once)
    if fail_on is not None and watching.is_firing(database, wanted, fail_on):
        return 1
    return 4 if outcome.incomplete and not stopped else 0


def refuse_nothing(reader: Reader, paths: Sequence[str], outcome: Outcome) -> None:
    """Errors: `SourceError` where there was nothing at all to read; that is no clean log."""
    from logdiag.errors import SourceError
    from logdiag.tailing import targets

    services = {target.service for target in targets(paths, may_appear=True)}
    if not outcome.files and not any(one.source.service in services for one in reader.sources()):
        reasons = outcome.problems or ["Empty and binary files do not count."]
        raise SourceError(f"There is no log to read in {', '.join(paths)}.", "\n".join(reasons))


def _summary(outcome: Outcome, seconds: float) -> str:
    from logdiag.faces.words import plural, size, spoken

    if not outcome.files:
        return "Nothing new: all of it had been read before.\n"
    counts = [
        plural(outcome.files, "file"), size(outcome.bytes), plural(outcome.lines, "line"),
        plural(outcome.events, "event"),
    ]  # fmt: skip
    if outcome.gaps:
        counts.append(plural(outcome.gaps, "gap"))
    return f"Read {', '.join(counts)} in {spoken(seconds)}.\n"


def _next(db: Path | None, config: Path | None) -> str:
    import shlex

    chosen = (("--db", db), ("--config", config))
    options = "".join(f" {name} {shlex.quote(str(value))}" for name, value in chosen if value)
    return f"Next: logdiag report{options}\n"


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar with rate and time left, on stderr, if that is a terminal."""
    import sys

    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("Reading"), rich.BarColumn(), rich.DownloadColumn(),
        rich.TransferSpeedColumn(), rich.TimeRemainingColumn(),
    )  # fmt: skip
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
