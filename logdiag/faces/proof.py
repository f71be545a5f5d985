"""Log lines as people read them: where, when, what each says, and the line itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from logdiag.faces.words import clipped, excerpt, plural

MOST_TEXT = 240  # characters of an evidence line: three rows
_MESSAGE = ('"msg":', '"message":')  # pino and bunyan; winston
_MESSAGE_LENGTH = 60  # characters from there


def evidence_table(lines: Sequence[dict[str, Any]], indent: str = "") -> RenderableType:
    """Log lines, each after its place and below what it says."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=28 + len(indent), style="cyan")
    table.add_column(ratio=1, overflow="fold")
    for line in lines:
        place = f"{indent}{clipped(line['source'], 100)}:{line['line'] or '?'}"
        table.add_row(Text(place), _told(line))
    return table


def evidence(lines: Sequence[dict[str, Any]], most: int) -> Iterator[RenderableType]:
    """So many lines of a finding, and how many there are besides."""
    if not lines:
        return
    yield Text("   Evidence", style="dim")
    yield evidence_table(_of_each_kind(lines, most), "   ")
    if len(lines) > most:
        yield Text(f"   and {plural(len(lines) - most, 'more line')}")


def _told(line: dict[str, Any]) -> Text:
    """What the line says, as `explain` would tell it, and the line; long ones are cut within."""
    if not line["text"]:
        return Text("(not stored)")
    shown = excerpt(line["text"], MOST_TEXT, list(_needed(line)))
    when = line["at"].replace("T", " ") if line["at"] else ""
    code = f"code {line['code']}" if line["code"] is not None else None
    names = line["event"], line["connection"], line["status"], code, line["client"]
    what = " ".join(clipped(str(name), 100) for name in names if name not in (None, ""))
    facts = "  ".join(filter(None, (when, what)))
    if not facts:
        return Text(shown)
    alone = not when and line["connection"] is None  # a few characters: they fit beside it
    return Text().append(facts, style="bold").append(f"{'  ' if alone else chr(10)}{shown}")


def _needed(line: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """What must not be cut away, and how many characters from there on."""
    for key in _MESSAGE:
        yield key, _MESSAGE_LENGTH
    yield '"url":', 56
    for name in ("connection", "status", "code", "client"):
        if line[name] is not None:
            yield str(line[name]), len(str(line[name]))


def _of_each_kind(lines: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """As many as are shown, in their order: the first ones, if these are of each kind of event.

    Else as many of each kind, the first of each: openings come early and what proves the cause,
    such as messages, late.
    """
    kinds = {line["event"] for line in lines}
    if kinds == {line["event"] for line in lines[:most]}:
        return list(lines[:most])
    seen: Counter[str] = Counter()
    ranks = []
    for place, line in enumerate(lines):
        seen[line["event"]] += 1
        ranks.append((seen[line["event"]], place))
    return [lines[place] for _, place in sorted(sorted(ranks)[:most], key=itemgetter(1))]
