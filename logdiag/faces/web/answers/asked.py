"""What all answers share: whom they ask, the axis of a service, and how times are written."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from logdiag.engines.settings import Settings
from logdiag.errors import UsageError
from logdiag.timeline import Reader
from logdiag.timeline.dump import iso

Document = dict[str, Any]

MS = 1_000_000  # ns
FARTHEST = 9_000_000_000_000  # ms, the year 2255: as ns it still fits SQLite's integers


class Context(NamedTuple):
    """`settings` tell which rules and formats there are; `now` is the wall time, ns."""

    reader: Reader
    settings: Settings
    now: int


class MissingError(UsageError):
    """What was asked about is not there."""


class Axis(NamedTuple):
    """What charts of a service are drawn along, [begin, end): ns, else the lines of its files.

    Outside they are *axis numbers*: milliseconds since 1970, or line numbers.
    """

    unit: Literal["ms", "line"]
    begin: int | None
    end: int | None

    @property
    def clock(self) -> bool:
        """Whether the service's log has times."""
        return self.unit == "ms"

    def outside(self, value: int | None) -> int | None:
        """The axis number of a time in ns, or of a line."""
        return value // MS if value is not None and self.clock else value

    def inside(self, number: int) -> int:
        """The time in ns, or the line, of an axis number."""
        return number * MS if self.clock else number

    def told(self) -> Document:
        """As every answer has it."""
        return {"unit": self.unit, "from": self.outside(self.begin), "to": self.outside(self.end)}


class Window(NamedTuple):
    """A part of an axis, [begin, end), in ns or lines; `step` is what one pixel covers."""

    begin: int
    end: int
    step: int


def axis_of(reader: Reader, service: str) -> Axis:
    """The axis of a service. Errors: `MissingError`."""
    known = reader.services()
    if service not in known:
        hint = f"Known: {', '.join(known)}." if known else "Nothing has been read yet."
        raise MissingError(f"There is no service {service!r} in this database.", hint)
    span = reader.span(service)
    if span.first is not None and span.last is not None:
        return Axis("ms", span.first // MS * MS, (span.last // MS + 1) * MS)
    lines = max((one.lines for one in reader.sources(service)), default=0)
    return Axis("line", 1, lines + 1) if lines else Axis("line", None, None)


def window_of(axis: Axis, begin: int | None, end: int | None, width: int) -> Window:
    """The part that was asked for by axis numbers; the whole where they are None.

    Errors: `UsageError` for a window that ends before it begins.
    """
    first = (axis.begin or 0) if begin is None else axis.inside(begin)
    after = (axis.end or first + 1) if end is None else axis.inside(end)
    if first >= after:
        # a bound that was left out follows the one that was given
        if begin is not None and end is not None:
            raise UsageError(f"from={begin} is not before to={end}.", "Exchange them.")
        first, after = (first, first + 1) if end is None else (after - 1, after)
    return Window(first, after, max(1, -(-(after - first) // width)))


def time(value: int | None) -> str | None:
    """Ns as ISO 8601 UTC."""
    return None if value is None else iso(value)


def seconds(begin: int | None, end: int | None) -> float | None:
    """From one to the other, ns; never below zero, for clocks are set back."""
    return None if begin is None or end is None else max(0, end - begin) / 1e9
