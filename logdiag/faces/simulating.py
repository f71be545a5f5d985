"""The command `simulate`: a log of a named case, and the truth about it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from logdiag.faces import options
from logdiag.faces.shell import emit, guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

_T = TypeVar("_T")
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}  # of bytes


Case = Annotated[
    str | None, typer.Argument(metavar="CASE", show_default=False, help="As --list has it.")
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", show_default=False,
                 help="Whose log, as --list has it. Default: the case's, mostly node-ws."),
]  # fmt: skip
Duration = Annotated[
    str | None,
    typer.Option(metavar="TIME", show_default=False, help="45m, 3d. Default: the case's."),
]
Size = Annotated[
    str | None,
    typer.Option(metavar="BYTES", show_default=False, help="Go on to 500M, 2G, instead."),
]
Clients = Annotated[
    int | None, typer.Option(min=1, max=100_000, show_default=False, help="Default: the case's.")
]
Rate = Annotated[
    float, typer.Option(min=0.01, max=100.0, help="How busy people are; 2 is twice as busy.")
]
Noise = Annotated[
    float, typer.Option(min=0.0, max=0.99, help="The share of lines that say nothing.")
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same log.")]
Start = Annotated[
    str | None, typer.Option(metavar="TIME", show_default=False, help="ISO 8601; no zone: UTC.")
]
Truth = Annotated[
    Path | None,
    typer.Option(metavar="FILE", show_default=False, help="What really happened, as JSON."),
]


@guarded
def simulate(
    case: Case = None,
    format: Format = None,  # noqa: A002 -- the option's name
    duration: Duration = None,
    size: Size = None,
    clients: Clients = None,
    rate: Rate = 1.0,
    noise: Noise = 0.3,
    seed: Seed = 1,
    start: Start = None,
    output: options.Output = None,
    truth: Truth = None,
    list_: Annotated[bool, typer.Option("--list", help="List the cases and the formats.")] = False,
) -> int:
    """Write a log with a known truth: of a leak, or of a healthy day."""
    import dataclasses
    import json

    from logdiag import simulation

    if list_ or case is None:
        emit(_listing())
        return 0 if list_ else 2
    _refuse_same(output, truth)
    chosen = _named("case", case, simulation.CASES)
    written = _named("format", format or chosen.format, simulation.FORMATS)
    played = simulation.Simulation(
        chosen, seed=seed, duration=_seconds(duration), clients=clients, rate=rate
    )
    lines = simulation.write(
        played.play(endless=size is not None), written, noise=noise, seed=seed,
        start=_start(start) or simulation.START,
    )  # fmt: skip
    text = (f"{line}\n" for line in lines if line is not None)
    whole = emit(text if size is None else _up_to(text, _bytes(size)), output)
    if truth is not None and whole:
        told = dataclasses.asdict(played.truth(written))
        emit(json.dumps(told, indent=2) + "\n", truth, option="--truth")
    return 0


def _refuse_same(output: Path | None, truth: Path | None) -> None:
    from logdiag.errors import UsageError

    if truth is not None and output is not None and truth.resolve() == output.resolve():
        raise UsageError(f"-o and --truth are both {truth}.", "Give each a file of its own.")


def _listing() -> str:
    from logdiag.simulation import CASES, FORMATS

    groups = {
        "Root causes": [(name, case.title) for name, case in CASES.items() if not case.healthy],
        "Healthy days": [(name, case.title) for name, case in CASES.items() if case.healthy],
        "Formats": [(name, one.title) for name, one in FORMATS.items()],
    }
    return "\n".join(
        f"{head}\n" + "".join(f"  {name:18}{title}\n" for name, title in rows)
        for head, rows in groups.items()
    )


def _named(what: str, name: str, known: Mapping[str, _T]) -> _T:
    from logdiag.definitions import did_you_mean
    from logdiag.errors import UsageError

    if name in known:
        return known[name]
    hint = f"{did_you_mean(name, known)} See 'logdiag simulate --list'."
    raise UsageError(f"There is no {what} {name!r}.", hint)


def _seconds(text: str | None) -> float | None:
    from logdiag.errors import UsageError
    from logdiag.faces import periods
    from logdiag.model import SECOND

    if text is None:
        return None
    found = periods.duration(text)
    if not found:
        raise UsageError(f"--duration: {text!r} is no duration.", "Write it like 45m or 3d.")
    return found / SECOND


def _bytes(text: str) -> int:
    from logdiag.errors import UsageError

    found = re.fullmatch(r"(\d{1,9})([kMGT]?)B?", text)
    if not found or not int(found[1]):
        raise UsageError(f"--size: {text!r} is no size.", "Write it like 500M or 2G.")
    return int(found[1]) * _UNITS[found[2]]


def _up_to(lines: Iterable[str], size: int) -> Iterator[str]:
    for line in lines:
        if size <= 0:
            return
        size -= len(line)
        yield line


def _start(text: str | None) -> datetime | None:
    from datetime import UTC, datetime

    from logdiag.errors import UsageError

    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        hint = "Write it like 2026-01-31T12:00:00Z (no zone: UTC)."
        raise UsageError(f"--start: {text!r} is no time.", hint) from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
