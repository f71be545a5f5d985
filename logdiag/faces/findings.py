"""One finding as people read it: what, since when, who, why, what to change, and the proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from logdiag.faces.words import clipped, lead, moment, plural, seconds_between, spoken

_LABELS = 11  # columns of the widest label and the indent
MOST_LIVES = 10
MOST_BEFORE = 3  # earlier episodes
MOST_EVIDENCE = 12
_KNOWN_BY = {
    "user": "clients are known by user",
    "session": "clients are known by session",
    "path": "clients are known by an id in the path",
    "agent": "clients are known by address and user agent",
    "address": "clients are known by address only, which offices share",
}
_NOT_KNOWN = "the log does not tell clients apart"
MOST_GROUP = 200  # characters of one field of a group: a path may be as long as a URL
MOST_TEXT = 240  # characters of an evidence line: three rows
_LEVELS = {
    "critical": "bold red", "high": "bold red", "medium": "bold yellow", "low": "bold",
    "informational": "dim",
}  # fmt: skip
_STATES = {
    "firing": "firing", "pending": "pending, not yet for long enough", "resolved": "resolved",
}  # fmt: skip
_LIVES = {
    "connecting": "connecting", "open": "open", "closing": "closing", "closed": "closed",
    "rejected": "refused", "superseded": "restarted", "unknown": "unknown",
}  # fmt: skip


def finding_block(number: int, finding: dict[str, Any], *, marked: bool = False) -> RenderableType:
    """The finding, under its number; `marked`: with a word where it is new."""
    style = _LEVELS[finding["level"]] if finding["state"] == "firing" else "bold"
    head = Text(f"{number}. ", style="bold")
    if marked and finding["new"]:
        head.append("NEW", style="bold reverse").append("  ")
    head.append(clipped(finding["title"]), style=style)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=_LABELS, style="dim")
    table.add_column(ratio=1, overflow="fold")
    for label, content in _rows(finding):
        table.add_row(Text(f"   {label}"), content)
    # ids and log lines are long: they get the whole width
    return Group(head, table, *_lives(finding), *_evidence(finding["evidence"]))


def since_when(finding: dict[str, Any], end: str | None = None) -> str:
    """From when (until when) it holds, and how long that is before `end`; else a line; else ""."""
    begin, resolved = finding["pending_at"] or finding["fired_at"], finding["resolved_at"]
    if begin and resolved:
        return f"{moment(begin)} until {moment(resolved)}"
    if begin:
        ago = seconds_between(begin, end) if end else 0
        return moment(begin) + (f" ({spoken(ago)} before the end)" if ago > 0 else "")
    lines = finding["evidence"]
    return f"{clipped(lines[0]['source'], 100)}:{lines[0]['line']}" if lines else ""


def _rows(finding: dict[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    yield "Level", _level(finding)
    yield "Where", Text(f"{clipped(finding['service'])}, rule {clipped(finding['rule'])}")
    if since := since_when(finding):
        yield "Since", Text(since)
    if finding["earlier"]:
        yield "Before", Text(_before(finding))
    yield "Who", Text(_who(finding["group"], finding["known_by"]))
    yield "Cause", Text(clipped(finding["cause"]))
    yield "Fix", Text(clipped(finding["fix"]), style="bold")
    if finding["note"]:
        yield "Note", Text(clipped(finding["note"]))
    yield from _guards(finding["guards"])
    if finding["references"]:
        yield "Read", Group(*(Text(clipped(one, 500)) for one in finding["references"]))


def _level(finding: dict[str, Any]) -> Text:
    text = Text().append(finding["level"], style=_LEVELS[finding["level"]])
    text.append(f", {finding['confidence']} confidence, {_STATES[finding['state']]}")
    if finding["count"] > 1:
        text.append(f", {finding['count']:,} times by now")
    return text


def _before(finding: dict[str, Any]) -> str:
    """The episodes before this one, the latest three of them with their end."""
    lines = []
    for one in finding["earlier"][:MOST_BEFORE]:
        begin, end = moment(one["fired_at"]), moment(one["resolved_at"])
        when = f"{begin} until {end}: " if begin and end else ""
        lines.append(f"{when}{plural(one['connections_total'], 'connection')}, "
                     f"{clipped(lead(one['note'])) or 'over'}")  # fmt: skip
    if (more := finding["count"] - 1 - len(lines)) > 0:
        first = moment(finding["first_seen"])
        lines.append(f"and {more:,} times more" + (f", first at {first}" if first else ""))
    return "\n".join(lines)


def _who(group: dict[str, str], known_by: str) -> str:
    """Whom it is about, and how its client is known."""
    if not group:
        return "nobody in particular: " + _KNOWN_BY.get(known_by, _NOT_KNOWN)
    named = [clipped(name) + " " + clipped(value, MOST_GROUP) for name, value in group.items()]
    return ", ".join(named) + f" ({_KNOWN_BY.get(known_by, _NOT_KNOWN)})"


def _lives(finding: dict[str, Any]) -> Iterator[RenderableType]:
    total, lives = finding["connections_total"], finding["lives"][:MOST_LIVES]
    if not total:
        return  # it is about requests or messages
    yield Text("   Connections ", style="dim").append(f"{total:,}", style="not dim bold")
    table = Table.grid(padding=(0, 2, 0, 0))
    for width in (39, 20, None):
        table.add_column(overflow="fold", max_width=width)
    for life in lives:
        opened = moment(life["opened_at"]) or clipped(life["opened_line"] or "", 100)
        age = "" if life["seconds"] is None else f" {spoken(life['seconds'])}"
        table.add_row(
            Text(f"   {clipped(life['name'], 100)}"),
            Text(opened),
            Text(_LIVES[life["state"]] + age),
        )
    if lives:
        yield table
    if total > len(lives):
        yield Text(f"   and {total - len(lives):,} more")


def evidence_table(lines: Sequence[dict[str, Any]], indent: str = "") -> RenderableType:
    """Log lines, each after its place."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=28 + len(indent), style="cyan")
    table.add_column(ratio=1, overflow="fold")
    for line in lines:
        place = f"{indent}{clipped(line['source'], 100)}:{line['line'] or '?'}"
        table.add_row(Text(place), Text(clipped(line["text"], MOST_TEXT) or "(not stored)"))
    return table


def _evidence(lines: Sequence[dict[str, Any]]) -> Iterator[RenderableType]:
    if not lines:
        return
    yield Text("   Evidence", style="dim")
    yield evidence_table(_of_each_kind(lines), "   ")
    if len(lines) > MOST_EVIDENCE:
        yield Text(f"   and {plural(len(lines) - MOST_EVIDENCE, 'more line')}")


def _of_each_kind(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as are shown, in their order: as many of each kind of event, the first of each.

    Openings come early and what proves the cause, such as messages, late.
    """
    seen: Counter[str] = Counter()
    ranks = []
    for place, line in enumerate(lines):
        seen[line["event"]] += 1
        ranks.append((seen[line["event"]], place))
    return [lines[place] for _, place in sorted(sorted(ranks)[:MOST_EVIDENCE], key=itemgetter(1))]


def _guards(guards: Sequence[dict[str, str]]) -> Iterator[tuple[str, RenderableType]]:
    """What was ruled out and what nobody can tell, by name; what applies, with its meaning."""
    for title, outcome in (("Ruled out", "no"), ("Not told", "cannot_tell")):
        names = [_words(one) for one in guards if one["outcome"] == outcome]
        if names:
            yield title, Text(", ".join(names))
    for one in guards:
        if one["outcome"] == "yes":
            meaning = f": {clipped(one['meaning'])}" if one["meaning"] else ""
            yield "But", Text(_words(one) + meaning)


def _words(guard: dict[str, str]) -> str:
    return clipped(guard["name"]).replace("_", " ")
