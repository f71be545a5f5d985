"""From rich's renderables to text of a width that people can follow."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType

LEAST_WIDTH, MOST_WIDTH = 80, 120  # columns; longer lines than that are hard to follow


def rendered(
    parts: Iterable[RenderableType], width: int = LEAST_WIDTH, *, colour: bool = False
) -> str:
    """The parts below each other, lines at most `width` columns wide (at least 80, at most 120)."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=min(max(width, LEAST_WIDTH), MOST_WIDTH),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        markup=False, emoji=False, highlight=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    for part in parts:
        console.print(part)
    # rich fills each line of a table up to its width
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())
