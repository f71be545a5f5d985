"""The options that several commands share, and what becomes of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from logdiag.engines.settings import Settings


class Format(StrEnum):
    """How a report is written."""

    text = "text"
    json = "json"


class FailOn(StrEnum):
    """Sigma's levels; a test holds them to the model's."""

    informational = "informational"
    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"


Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH", show_default=False,
        help="Log files, archives, directories or patterns; - is standard input. Each is one "
        "service, NAME=PATH names it.",
    ),
]  # fmt: skip
Database = Annotated[
    Path | None,
    typer.Option(
        "--db", metavar="FILE", show_default=False,
        help="The database. Default: $LOGDIAG_DB, else the user's state directory.",
    ),
]  # fmt: skip
Zone = Annotated[
    str, typer.Option(metavar="ZONE", help="The time zone of timestamps that name none.")
]
Year = Annotated[
    int | None,
    typer.Option(
        min=1970, max=2261, metavar="YEAR", show_default=False,
        help="The year of timestamps without one. Default: the file's.",
    ),
]  # fmt: skip
Settle = Annotated[
    str,
    typer.Option(metavar="TIME", help="How long a connection must stay open to be suspicious."),
]
Rules = Annotated[
    list[Path] | None,
    typer.Option("--rules", metavar="DIR", show_default=False, help="More rules. Repeatable."),
]
Formats = Annotated[
    list[Path] | None,
    typer.Option(
        "--formats", metavar="DIR", show_default=False, help="More format packs. Repeatable."
    ),
]
AsFormat = Annotated[Format, typer.Option("--format", help="Text for people, JSON for programs.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", show_default=False, help="Write to a file."),
]
DEFAULT_ZONE = "UTC"
DEFAULT_SETTLE = "90s"


def settings(
    zone: str = DEFAULT_ZONE,
    year: int | None = None,
    settle: str = DEFAULT_SETTLE,
    rules: list[Path] | None = None,
    formats: list[Path] | None = None,
) -> Settings:
    """What the engines take. Errors: `UsageError`."""
    from logdiag.engines.settings import Settings
    from logdiag.faces import periods
    from logdiag.formats import TimePolicy

    TimePolicy(zone)  # refuses a zone that does not exist before anything is read
    return Settings(zone, year, periods.settle(settle), tuple(rules or ()), tuple(formats or ()))


def database(db: Path | None) -> Path:
    """The file that was named, else the default one."""
    from logdiag.timeline import default_path

    return db.expanduser() if db is not None else default_path()
