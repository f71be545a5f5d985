"""How `report` and `check` show their document: the options for it, and the writing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logdiag.faces.options import Format
from logdiag.faces.shell import emit, wants_colour

if TYPE_CHECKING:
    from logdiag.faces.document import Document
    from logdiag.timeline import Reader

FAIL_ON = (
    "Exit 1 if a finding of this level or worse {}: informational, low, medium, high, critical."
)
Stats = Annotated[
    bool, typer.Option("--stats", help="Show rates, clients, lifetimes and close codes, too.")
]


def show(
    told: Document,
    reader: Reader,
    format: Format,  # noqa: A002 -- the option's name
    output: Path | None,
    *,
    fail_on: str | None,
    stats: bool,
    over: bool = False,
) -> None:
    """Write it to stdout, or to a file; `reader` is that of the timeline that it tells of.

    `fail_on` and `over` say what fails, as `document.failing` has it.
    Errors: `AccessError` for a place that does not take it.
    """
    from logdiag.faces import document, junit, text

    if format is Format.json:
        emit(document.as_json(told), output)
    elif format is Format.junit:
        emit(junit.render(told, fail_on, over=over), output)
    elif format is Format.html:
        from logdiag.faces.web import standalone

        emit(standalone.render(reader, told), output)
    else:
        colour = not output and wants_colour()
        emit(text.render(told, columns(output), colour=colour, with_statistics=stats), output)


def columns(output: Path | None) -> int:
    """How wide the terminal is; a file is as wide as the narrowest one that is served."""
    import shutil

    from logdiag.faces.rendering import LEAST_WIDTH

    return LEAST_WIDTH if output else shutil.get_terminal_size((LEAST_WIDTH, 24)).columns
