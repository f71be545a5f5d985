"""A comparison as people read it: the verdict, what became of the findings, the numbers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from logdiag.faces.comparison import Comparison
from logdiag.faces.rendering import LEAST_WIDTH, rendered
from logdiag.faces.words import clipped, moment, spoken

_VERDICTS = {
    "fixed": ("FIXED", "bold green"), "better": ("BETTER", "bold yellow"),
    "no_change": ("NO CHANGE", "bold"), "worse": ("WORSE", "bold red"),
    "cannot_tell": ("CANNOT TELL", "bold yellow"),
}  # fmt: skip
_OUTCOMES = {
    "gone": ("gone", "green"), "stayed": ("stayed", "red"), "new": ("new", "bold red"),
    "old": ("from before", "dim"),
}  # fmt: skip


def _count(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


# Label, key of `numbers`, and how a value is written; a row that says nothing is left out.
_ROWS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("Length of the log", "seconds", spoken),
    ("Opened", "opened", _count),
    ("Opened per minute", "opened_per_minute", _count),
    ("Leaked", "leaked", _count),
    ("Leaked of 100 opened", "leaked_per_100", _count),
    ("Live at the end", "live_at_end", _count),
    ("Live at most", "live_peak", _count),
    ("Clients", "clients", _count),
    ("Held at once, median", "held_p50", _count),
    ("Held at once, p95", "held_p95", _count),
    ("Held at once, at most", "held_max", _count),
    ("Lifetime, median", "lifetime_p50", spoken),
    ("Lifetime, p95", "lifetime_p95", spoken),
    ("Overlaps of 100 reconnects", "overlapping_per_100", _count),
    ("401/403 per 100 opened", "auth_failures_per_100", _count),
)


_ALWAYS = ("opened", "leaked")  # nothing says something there


def render(comparison: Comparison, width: int = LEAST_WIDTH, *, colour: bool = False) -> str:
    """The text, its lines at most `width` columns wide (at least 80, at most 120)."""
    return rendered(_parts(comparison), width, colour=colour)


def _parts(comparison: Comparison) -> Iterator[RenderableType]:
    head = Text(clipped(comparison["tool"]), style="bold")
    yield head.append(f"  comparison of {moment(comparison['generated_at'])}", style="dim")
    for side in ("before", "after"):
        yield Text(f"{side:<8}{clipped(comparison[side]['what'], 200)}", style="dim")
    yield Text()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for service in comparison["services"]:
        word, style = _VERDICTS[service["verdict"]]
        table.add_row(Text(word, style=style), _verdict(service))
    yield table if comparison["services"] else Text(clipped(comparison["reason"]))
    for service in comparison["services"]:
        yield Text()
        yield _numbers(service)


def _verdict(service: dict[str, Any]) -> Text:
    text = Text(_name(service), style="bold")
    return text.append(f": {clipped(service['reason'])}", style="not bold")


def _name(service: dict[str, Any]) -> str:
    names = [service["before"], service["after"]]
    if names[0] == names[1] or None in names:
        return clipped(names[0] or names[1], 200)
    return " -> ".join(clipped(name, 100) for name in names)


def _numbers(service: dict[str, Any]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column(Text(_name(service)), overflow="fold", max_width=40)
    for title in ("before", "after", "change"):
        table.add_column(title, justify="right", no_wrap=True, min_width=9)
    for label, key, write in _ROWS:
        before, after = (service["numbers"][key][side] for side in ("before", "after"))
        if not (before or after) and key not in _ALWAYS:
            continue
        cells = ["-" if value is None else write(value) for value in (before, after)]
        table.add_row(Text(label), *map(Text, cells), _change(before, after))
    lines: list[RenderableType] = [table]
    if service["findings"]:
        lines += [Text(), _findings(service["findings"])]
    return Group(*lines)


def _change(before: float | None, after: float | None) -> Text:
    if before is None or after is None or before == after:
        return Text("")
    if not before:
        return Text("+")
    change = round(100 * (after - before) / before)
    if not change:
        return Text("")
    return Text(f"{change:+,} %", style="dim" if abs(change) < 20 else "")


def _findings(findings: list[dict[str, Any]]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(ratio=1, overflow="fold")
    for finding in findings:
        word, style = _OUTCOMES[finding["outcome"]]
        counts = f"{finding['before']:,} -> {finding['after']:,}"
        title = Text(clipped(finding["rule"])).append(f": {clipped(finding['title'])}", "dim")
        table.add_row(Text(word, style=style), Text(counts), title)
    return table
