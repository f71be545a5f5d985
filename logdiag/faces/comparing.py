"""The command `compare`: did the fix work?"""

from __future__ import annotations

from typing import Annotated

import typer

from logdiag.faces import options
from logdiag.faces.printing import columns
from logdiag.faces.shell import complain, emit, guarded, wants_colour

_SIDE = "Logs or an archive, a database, or a range of time in the database of --db: FROM..TO."
Before = Annotated[str | None, typer.Argument(metavar="BEFORE", show_default=False, help=_SIDE)]
After = Annotated[
    str | None, typer.Argument(metavar="AFTER", show_default=False, help="The same, since the fix.")
]


@guarded
def compare(
    before: Before = None,
    after: After = None,
    db: options.Database = None,
    service: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="Only this service.")
    ] = None,
    format: options.PlainFormat = options.Plain.text,  # noqa: A002 -- the option's name
    output: options.Output = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema.")] = False,
    zone: options.Zone = None,
    year: options.Year = None,
    settle: options.Settle = None,
    rules: options.Rules = None,
    formats: options.Formats = None,
    config: options.Config = None,
) -> int:
    """Tell whether a fix worked: the leaks before it and after it."""
    from logdiag.errors import UsageError
    from logdiag.faces import comparison, contrast, sides

    if schema:
        emit(comparison.schema(), output)
        return 0
    if before is None or after is None:
        raise UsageError("There are two things to compare.", "Try: logdiag compare BEFORE AFTER")
    settings = options.settings(zone, year, settle, rules, formats, config)
    database = options.database(db, config)
    given = [sides.told(one, database, settings, service) for one in (before, after)]
    for side in given:
        for problem in side.document["problems"]:
            complain(problem, kind="Warning")
    told = comparison.build(*given)
    if format is options.Plain.json:
        emit(comparison.as_json(told), output)
    else:
        colour = not output and wants_colour()
        emit(contrast.render(told, columns(output), colour=colour), output)
    return int(told["exit_code"])
