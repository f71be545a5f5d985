"""What every command needs of the outside: writing, complaining, signals, terminals."""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import ParamSpec

import typer

from logdiag.errors import AccessError, LogdiagError
from logdiag.faces.words import safe

_P = ParamSpec("_P")


def guarded(command: Callable[_P, int]) -> Callable[_P, None]:
    """A command that returns its exit code, and whose `LogdiagError` becomes words and a code."""

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except LogdiagError as error:
            complain(error.message, error.hint)
            code = error.exit_code
        if code:
            raise typer.Exit(code)

    return run


def complain(message: str, hint: str = "", *, kind: str = "Error") -> None:
    """Say on stderr what is wrong and what to try."""
    lines = [safe(line) for line in (*message.split("\n"), *hint.split("\n")) if line]
    label = typer.style(f"{kind}:", fg="red" if kind == "Error" else "yellow", bold=True)
    typer.echo(f"{label} " + "\n  ".join(lines), err=True)


def emit(text: str | Iterable[str], file: Path | None = None, *, option: str = "-o") -> bool:
    """Write a text or its parts to stdout, or to a file, which `option` named.

    False: nobody reads any more (`| head`), which is no error.

    Errors: `AccessError` for a file or device that does not take it.
    """
    parts = [text] if isinstance(text, str) else text
    try:
        if file is not None:
            with file.open("w", encoding="utf-8", errors="backslashreplace") as lines:
                lines.writelines(parts)
            return True
        sys.stdout.writelines(parts)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    except OSError as error:
        place = file or "Standard output"
        words = f"{place} cannot be written: {error.strerror or error}."
        raise AccessError(words, f"Choose another file with {option}.") from error
    return True


def wants_colour() -> bool:
    """Whether stdout is a terminal whose user takes colours (https://no-color.org)."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


@contextmanager
def on_signals(act: Callable[[int], None], *signals: signal.Signals) -> Iterator[None]:
    """Inside the block `act` answers these signals; afterwards it is as before."""

    def handler(number: int, frame: FrameType | None) -> None:
        act(number)

    before = {one: signal.signal(one, handler) for one in signals}
    try:
        yield
    finally:
        for one, old in before.items():
            signal.signal(one, old)


def leave(number: int) -> None:
    """End the process in order, so that what is to be removed is; the code is the shell's."""
    raise SystemExit(128 + number)
