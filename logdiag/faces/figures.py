"""The statistics as people read them: in two lines, or in a block of their own. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from logdiag.faces.charts import bar, dots, sparkline
from logdiag.faces.words import clipped, plural, spoken

_LABELS = 14  # columns of the widest label and the indent
_LEAST_POINTS = 3  # fewer make no line
_BRIEF = 40  # columns of the line beside a verdict: with its legend it fits into 80
_BAR = 30  # columns of the longest bar
MOST_CODES = 8

Statistics = dict[str, Any]


def brief(statistics: Statistics) -> Iterator[Text]:
    """The live connections over time and how long they lived; nothing where that says nothing."""
    flow = statistics["flow"]
    peaks = [point["peak"] for point in flow["points"]]
    if len(peaks) >= _LEAST_POINTS and len(set(peaks)) > 1:
        each = -(-len(peaks) // _BRIEF)
        line = sparkline([max(peaks[n : n + each]) for n in range(0, len(peaks), each)])
        yield Text(line, style="cyan").append(f"  live, {_step(flow, each)}", style="dim")
    known = statistics["lifetimes"]["quantiles"]
    if known["count"]:
        yield Text(f"those that closed lived {_spread(known)}")


def block(service: str, statistics: Statistics) -> RenderableType:
    """All of them, under the service's name; what says nothing is left out."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=_LABELS, style="dim")
    table.add_column(ratio=1, overflow="fold")
    for label, content in _rows(statistics):
        table.add_row(Text(f"   {label}"), content)
    head = Text("Statistics of ", style="bold").append(clipped(service, 200))
    if not table.row_count:
        table.add_row(Text("   nothing opened or closed"))
    return Group(head, table)


def _rows(statistics: Statistics) -> Iterator[tuple[str, RenderableType]]:
    yield from _flow(statistics["flow"])
    yield from _clients(statistics["clients"])
    yield from _overlap(statistics["overlap"])
    yield from _lifetimes(statistics["lifetimes"])
    yield from _codes(statistics["close_codes"])
    lost = statistics["lost"]
    if lost["gaps"]:
        words = plural(lost["gaps"], "gap")
        if lost["gaps"] > lost["unknown"]:
            words += f" of {spoken(lost['seconds'])} in all"
        if lost["unknown"]:
            words += f", {lost['unknown']:,} of unknown length"
        yield "Lost time", Text(words)


def _flow(flow: dict[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    points, rates = flow["points"], flow["per_minute"]
    charts = (
        ("Live", "peak", sparkline, "cyan"), ("Opened", "opened", dots, "green"),
        ("Closed", "closed", dots, "blue"), ("401/403", "auth_failures", dots, "red"),
    )  # fmt: skip
    drawn = False
    for label, key, draw, style in charts:
        values = [point[key] or 0 for point in points]
        if any(values):
            most, drawn = max(values), True
            yield label, Text(draw(values), style=style).append(f" {most:,}", style="dim")
    if drawn:
        yield "", Text(f"{_step(flow)}; the number is the highest one", style="dim")
    if rates["opened"] or rates["closed"]:
        words = (
            f"{_rate(rates['opened'])} opened, {_rate(rates['closed'])} closed, "
            f"{rates['net']:+,.1f} net"
        )
        yield "Per minute", Text(words)


def _clients(clients: dict[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    known, at_end, nobodys = clients["peak"], clients["at_end"], clients["nobodys"]
    if known["count"]:
        words = f"{plural(known['count'], 'client')}: {_counts(known)} at once"
        if clients["most"] > 1:
            words += f" ({clipped(clients['most_client'], 60)})"
        if at_end["count"]:
            words += f"\n{at_end['count']:,} at the end: {_counts(at_end)}"
        if nobodys:
            words += f"\n{plural(nobodys, 'connection')} of unknown clients besides"
        yield "Per client", Text(words)


def _overlap(overlap: dict[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    if not overlap["reopened"]:
        return
    words = (
        f"{plural(overlap['reopened'], 'opening')} by a client seen before, "
        f"{overlap['overlapping']:,} while its last one was still live"
    )
    if overlap["lengths"]["count"]:
        words += f"\nfor {_spread(overlap['lengths'])}"
    if overlap["unended"]:
        words += f"\n{overlap['unended']:,} of these have not ended since"
    yield "Reconnects", Text(words)


def _lifetimes(lifetimes: dict[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    bars = lifetimes["histogram"]
    if not bars:
        return
    yield "Lifetimes", Text(_spread(lifetimes["quantiles"]))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    most = max(one["count"] for one in bars)
    for one in bars:
        upto = "longer" if one["up_to"] is None else f"to {spoken(one['up_to'])}"
        drawn = Text(bar(one["count"], most, _BAR), style="cyan")
        table.add_row(Text(upto), drawn.append(f" {one['count']:,}", style="not cyan"))
    yield "", table


def _codes(codes: list[dict[str, Any]]) -> Iterator[tuple[str, RenderableType]]:
    if all(one["code"] is None for one in codes):
        return
    lines = [
        ("" if one["code"] is None else f"{one['code']} ") + f"{one['name']}: {one['count']:,}"
        for one in codes[:MOST_CODES]
    ]
    if len(codes) > MOST_CODES:
        lines.append(f"and {len(codes) - MOST_CODES:,} more codes")
    yield "Close codes", Text("\n".join(lines))


def _step(flow: dict[str, Any], each: int = 1) -> str:
    """How much a column covers that is made of so many intervals."""
    width = flow["width"] * each
    length = spoken(width) if flow["unit"] == "seconds" else plural(width, "step")
    return f"{length} a column"


def _rate(rate: float) -> str:
    return f"{rate:,.1f}".removesuffix(".0")


def _spread(seconds: dict[str, Any]) -> str:
    """Quantiles of durations in words; all of them only where they differ."""
    if seconds["p50"] == seconds["max"]:
        return spoken(seconds["max"])
    return (
        f"{spoken(seconds['p50'])} at the median, {spoken(seconds['p95'])} at p95, "
        f"{spoken(seconds['max'])} at most"
    )


def _counts(counts: dict[str, Any]) -> str:
    if counts["p50"] == counts["max"]:
        return f"{counts['max']:,}"
    return f"{counts['p50']:,} at the median, {counts['p95']:,} at p95, {counts['max']:,} at most"
