"""The command line, in this process and in one of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from logdiag.faces.cli import app
from tests.faces.filled import ROOT


def run(*args: str | Path, stdin: str | bytes | None = None) -> Result:
    """Run a command in this process; what it raises unexpectedly is raised here."""
    result = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def command(*args: str | Path) -> list[str]:
    """The same as a command line of its own."""
    return [sys.executable, "-m", "logdiag", *map(str, args)]


def start(*args: str | Path, cwd: Path = ROOT) -> subprocess.Popen[str]:
    """A process of its own."""
    return subprocess.Popen(
        command(*args), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
