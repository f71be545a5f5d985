"""What is committed together: the reading, what it said, and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from logdiag.model import Changes, Event, Gap, Position, Source


class SourceUpdate(NamedTuple):
    """How far one source has come. `lines` and `recognised` are its totals so far, not a step.

    `parser` is the parser's JSON-able state; None leaves the stored one as it is.
    """

    source: Source
    position: Position
    parser: dict[str, Any] | None = None
    format: str = ""
    lines: int = 0
    recognised: int = 0


class Notice(NamedTuple):
    """What is to be said about a source, replacing what was said before; "" withdraws it."""

    source: Source
    text: str


@dataclass(slots=True)
class Batch:
    """All of it is stored, or nothing. `changes` is keyed by the service's name.

    `before` is for services whose input ends here, as far as is known: the snapshot to go on from
    should more come after all; `Writer.take_back` then undoes their `changes` and returns it.
    """

    sources: list[SourceUpdate] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    changes: dict[str, Changes] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
