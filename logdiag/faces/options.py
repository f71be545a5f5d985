"""The options that several commands share, and what becomes of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from logdiag.engines.settings import Settings


class Format(StrEnum):
    """How a report is written."""

    text = "text"
    json = "json"
    junit = "junit"
    html = "html"


class Plain(StrEnum):
    """How everything else is written that has a JSON form."""

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
    list[str] | None,
    typer.Argument(
        metavar="PATH", show_default=False,
        help="Log files, archives, directories or patterns; - is standard input. Each is one "
        "service, NAME=PATH names it. Default: the configured services.",
    ),
]  # fmt: skip
Database = Annotated[
    Path | None,
    typer.Option(
        "--db", metavar="FILE", show_default=False,
        help="The database. Default: $LOGDIAG_DB, else the user's state directory.",
    ),
]  # fmt: skip
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", show_default=False,
        help="The configuration. Default: $LOGDIAG_CONFIG, else the user's, if it is there.",
    ),
]  # fmt: skip
Zone = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE", show_default=False,
        help="The time zone of timestamps that name none. Default: UTC.",
    ),
]  # fmt: skip
Year = Annotated[
    int | None,
    typer.Option(
        min=1970, max=2261, metavar="YEAR", show_default=False,
        help="The year of timestamps without one. Default: the file's.",
    ),
]  # fmt: skip
Settle = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", show_default=False,
        help="How long a connection must stay open to be suspicious. Default: 90s.",
    ),
]  # fmt: skip
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
AsFormat = Annotated[
    Format,
    typer.Option(
        "--format",
        help="Text for people, JSON for programs, JUnit for CI, HTML as one file to pass on.",
    ),
]
PlainFormat = Annotated[Plain, typer.Option("--format", help="Text for people, JSON for programs.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", show_default=False, help="Write to a file."),
]


def settings(
    zone: str | None = None,
    year: int | None = None,
    settle: str | None = None,
    rules: list[Path] | None = None,
    formats: list[Path] | None = None,
    config: Path | None = None,
) -> Settings:
    """What the engines take: the option, else what the configuration says, else the default.

    An option holds for all services, whatever the configuration says of one. Errors: `UsageError`.
    """
    from dataclasses import replace

    from logdiag.definitions import files_at
    from logdiag.engines.settings import Settings
    from logdiag.faces import configuration, periods
    from logdiag.faces.shell import complain
    from logdiag.formats import TimePolicy

    known = configuration.read(config)
    chosen: dict[str, Any] = {
        "zone": zone or known.zone,
        "year": known.year if year is None else year,
        "settle": known.settle if settle is None else periods.settle(settle),
        "heartbeat": known.heartbeat,
        "per_client": known.per_client,
        "rules": tuple(rules or known.rules),
        "formats": tuple(formats or known.formats),
    }
    given = {key: None for key, it in (("zone", zone), ("settle", settle)) if it is not None}
    chosen["own"] = {name: replace(one, **given) for name, one in known.own.items()}
    made = Settings(**{name: value for name, value in chosen.items() if value is not None})
    for what, places in (("rule", made.rules), ("format pack", made.formats)):
        for place in places:
            if place.is_dir() and not files_at(place):
                complain(f"There is no {what} in {place} (*.yaml, *.yml).", kind="Note")
    TimePolicy(made.zone)  # refuses a zone that does not exist before anything is read
    return made


def database(db: Path | None, config: Path | None = None) -> Path:
    """The file that was named, else $LOGDIAG_DB, else the configured one, else the user's."""
    from logdiag.faces import configuration
    from logdiag.timeline import default_path

    return db.expanduser() if db is not None else default_path(configuration.read(config).db)


def paths(given: list[str] | None, config: Path | None = None) -> list[str]:
    """What to read: as given, else the configured services. Errors: `UsageError` for neither."""
    from logdiag.errors import UsageError
    from logdiag.faces import configuration

    found = given or configuration.read(config).paths
    if not found:
        hint = "Name a log, such as /var/log/app, or list services in the configuration file."
        raise UsageError("There is nothing to read.", hint)
    return found
