"""The command line: `logdiag COMMAND`. Exit codes are in docs/report.md.

Each command imports what it needs when it runs, so that `logdiag --help` comes at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from logdiag import __version__
from logdiag.faces import (
    checking,
    comparing,
    explaining,
    reading,
    reporting,
    rulebook,
    showing,
    simulating,
)

app = typer.Typer(
    name="logdiag",
    # plain help: rich's panels would take longer than all the rest, 80 ms
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(reading.watch)
app.command()(reading.ingest)
app.command()(reporting.report)
app.command()(checking.check)
app.command()(comparing.compare)
app.command()(showing.web)
app.command()(explaining.explain)
app.command()(simulating.simulate)
app.add_typer(rulebook.app, name="rules")


PLAIN = """\
plain Python; four times as fast if installed again where a C compiler
         and Python's headers are"""


def _version(wanted: bool) -> None:
    if wanted:
        from logdiag.diagnosis import detector

        judging = PLAIN if detector.__file__.endswith(".py") else "compiled"
        typer.echo(f"logdiag {__version__}\njudging: {judging}")
        raise typer.Exit


@app.callback(epilog="Begin with: logdiag check YOUR.log")
def _logdiag(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Find connection leaks in server logs, and the lines that prove them."""


def main() -> None:
    """Run the command line. A terminal that lacks a character gets its code instead."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app()
