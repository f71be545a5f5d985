"""The command `check`: logs are read once, for CI, and held to limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logdiag.faces import options
from logdiag.faces.printing import FAIL_ON, Stats, show
from logdiag.faces.shell import complain, guarded, leave, on_signals

if TYPE_CHECKING:
    from logdiag.engines.outcome import Outcome
    from logdiag.engines.settings import Settings
    from logdiag.timeline import Reader


def _at_most(broken: str) -> Any:
    return typer.Option(min=0, metavar="N", show_default=False, help=f"Exit 1 if {broken} at once.")


MaxLive = Annotated[int | None, _at_most("more than N connections of a service are live")]
MaxPerClient = Annotated[int | None, _at_most("one client holds more than N connections")]
AllClosed = Annotated[
    bool, typer.Option("--all-closed", help="Exit 1 if a connection is left at the end.")
]
FailOn = Annotated[
    options.FailOn,
    typer.Option(metavar="LEVEL", help=FAIL_ON.format("fired in the log, over since or not")),
]


@guarded
def check(
    paths: options.Paths = None,
    format: options.AsFormat = options.Format.text,  # noqa: A002 -- the option's name
    max_live: MaxLive = None,
    max_per_client: MaxPerClient = None,
    all_closed: AllClosed = False,
    fail_on: FailOn = options.FailOn.medium,
    stats: Stats = False,
    output: options.Output = None,
    zone: options.Zone = None,
    year: options.Year = None,
    settle: options.Settle = None,
    rules: options.Rules = None,
    formats: options.Formats = None,
    config: options.Config = None,
) -> int:
    """Read logs once and report, for CI: no database is kept."""
    import time

    from logdiag.faces import document, summary
    from logdiag.faces.limits import Limits

    wanted = options.paths(paths, config)
    settings = options.settings(zone, year, settle, rules, formats, config)
    limits = Limits(max_live, max_per_client, all_closed)
    with read_once(wanted, settings) as (reader, outcome):
        told = document.build(
            reader, generated_at=time.time_ns(), problems=outcome.problems, limits=limits
        )
        for problem in outcome.problems:
            complain(problem, kind="Warning")
        show(told, reader, format, output, fail_on=fail_on, stats=stats, over=True)
    if output is not None:
        for word, sentence in summary.verdicts(told):
            complain(sentence, kind=word)
    if ended := summary.over(told, fail_on):
        complain(ended, kind="Failed")
    return document.exit_code(told, fail_on, over=True)


@contextmanager
def read_once(paths: Sequence[str], settings: Settings) -> Iterator[tuple[Reader, Outcome]]:
    """A reader of a timeline of these logs that is gone afterwards, and what the reading did.

    Errors: as `ingest`, and `SourceError` where there is nothing to read.
    """
    import signal
    import tempfile

    from logdiag.engines.ingest import ingest
    from logdiag.faces.reading import refuse_nothing
    from logdiag.timeline import Reader

    with (
        on_signals(leave, signal.SIGTERM),
        tempfile.TemporaryDirectory(prefix="logdiag-check-") as folder,
    ):
        db = Path(folder) / "timeline.db"
        outcome = ingest(paths, db, settings)
        with Reader.open(db) as reader:
            refuse_nothing(reader, paths, outcome)
            yield reader, outcome
