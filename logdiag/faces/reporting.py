"""The command `report`: what is known, as one document."""

from __future__ import annotations

from typing import Annotated

import typer

from logdiag.faces import options
from logdiag.faces.printing import FAIL_ON, Stats, show
from logdiag.faces.shell import emit, guarded

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
FailOn = Annotated[
    options.FailOn | None,
    typer.Option(metavar="LEVEL", show_default=False, help=FAIL_ON.format("is firing")),
]
Service = Annotated[
    str | None, typer.Option(metavar="NAME", show_default=False, help="Only this service.")
]


@guarded
def report(
    db: options.Database = None,
    since: Since = None,
    until: Until = None,
    service: Service = None,
    format: options.AsFormat = options.Format.text,  # noqa: A002 -- the option's name
    fail_on: FailOn = None,
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
        show(told, reader, format, output, fail_on=fail_on, stats=stats)
    if not peek:
        known = last or lastreport.LastReport(now)
        lastreport.remember(database, known.then(now, told["findings"]))
    return document.exit_code(told, fail_on)
