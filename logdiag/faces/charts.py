"""Small charts made of block characters. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_RAMP = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def sparkline(values: Sequence[int]) -> str:
    """One character a value, from nothing to the largest; the least above nothing is a step up."""
    most = max(values, default=0)
    if most <= 0:
        return _RAMP[0] * len(values)
    steps = len(_RAMP) - 1
    return "".join(_RAMP[max(0, -(-value * steps // most))] for value in values)


def dots(values: Sequence[int]) -> str:
    """As a sparkline, but blank where there is nothing: for what happens seldom."""
    return "".join(
        mark if value else " " for mark, value in zip(sparkline(values), values, strict=True)
    )


def bar(value: int, most: int, width: int) -> str:
    """A bar of `value` where `most` is `width` characters long; never empty above nothing."""
    eighths = -(-value * width * 8 // most) if most > 0 else 0
    whole, rest = divmod(eighths, 8)
    return _EIGHTHS[8] * whole + (_EIGHTHS[rest] if rest else "")
