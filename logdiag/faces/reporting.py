"""The commands `report` and `check`: one document, in the format that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logdiag.faces import options
from logdiag.faces.shell import complain, emit, guarded, leave, on_signals, wants_colour

if TYPE_CHECKING:
    from logdiag.faces.document import Document

FAIL_ON = (
    "Exit 1 if a finding of this level or worse is firing: informational, low, medium, high, "
    "critical."
)
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", show_default=False,
        help="From when: 2h, 30m, 7d before the data's end, or ISO 8601.",
    ),
]  # fmt: skip
Until = Annotated[
    str | None, typer.Option(metavar="TIME", show_default=False, help="To when, as --since.")
]
Service = Annotated[
    str | None, typer.Option(metavar="NAME", show_default=False, help="Only this service.")
]
Stats = Annotated[
    bool, typer.Option("--stats", help="Show rates, clients, lifetimes and close codes, too.")
]


@guarded
def report(
    db: options.Database = None,
    since: Since = None,
    until: Until = None,
    service: Service = None,
    format: options.AsFormat = options.Format.text,  # noqa: A002 -- the option's name
    fail_on: Annotated[
        options.FailOn | None,
        typer.Option(metavar="LEVEL", show_default=False, help=FAIL_ON),
    ] = None,
    stats: Stats = False,
    output: options.Output = None,
    peek: Annotated[
        bool, typer.Option("--peek", help="Leave what is new to be new in the next report.")
    ] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema.")] = False,
    config: options.Config = None,
) -> int:
    """Tell what leaks, why, and what to change, with proof."""
    import time

    from logdiag.faces import document, lastreport, periods
    from logdiag.timeline import Reader

    if schema:
        emit(document.schema(), output)
        return 0
    database, now = options.database(db, config), time.time_ns()
    last = lastreport.recall(database)
    with Reader.open(database) as reader:
        end = document.end_of_data(reader, service) if since or until else None
        period = periods.period(since, until, end)
        told = document.build(
            reader, generated_at=now, service=service, period=period, last=last
        )  # fmt: skip
    _print(told, format, output, stats)
    if not peek:
        known = last or lastreport.LastReport(now)
        lastreport.remember(database, known.then(now, told["findings"]))
    return document.exit_code(told, fail_on)


@guarded
def check(
    paths: options.Paths = None,
    format: options.AsFormat = options.Format.text,  # noqa: A002 -- the option's name
    fail_on: Annotated[
        options.FailOn, typer.Option(metavar="LEVEL", help=FAIL_ON)
    ] = options.FailOn.medium,
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
    import signal
    import tempfile
    import time

    from logdiag.engines.ingest import ingest
    from logdiag.faces import document
    from logdiag.faces.reading import refuse_nothing
    from logdiag.timeline import Reader

    wanted = options.paths(paths, config)
    settings = options.settings(zone, year, settle, rules, formats, config)
    with (
        on_signals(leave, signal.SIGTERM),
        tempfile.TemporaryDirectory(prefix="logdiag-check-") as folder,
    ):
        db = Path(folder) / "timeline.db"
        outcome = ingest(wanted, db, settings)
        with Reader.open(db) as reader:
            refuse_nothing(reader, wanted, outcome)
            told = document.build(reader, generated_at=time.time_ns(), problems=outcome.problems)
    for problem in outcome.problems:
        complain(problem, kind="Warning")
    _print(told, format, output, stats)
    return document.exit_code(told, fail_on)


def _print(
    told: Document,
    format: options.Format,  # noqa: A002
    output: Path | None,
    stats: bool,
) -> None:
    import shutil

    from logdiag.faces import document, text

    if format is options.Format.json:
        emit(document.as_json(told), output)
        return
    width = text.LEAST_WIDTH if output else shutil.get_terminal_size((text.LEAST_WIDTH, 24)).columns
    colour = not output and wants_colour()
    emit(text.render(told, width, colour=colour, with_statistics=stats), output)
