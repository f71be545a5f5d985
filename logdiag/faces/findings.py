"""One finding as people read it: what, since when, who, why, what to change, and the proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logdiag.faces.proof import evidence
from logdiag.faces.words import clipped, lead, moment, plural, seconds_between, spoken

_LABELS = 11  # columns of the widest label and the indent
MOST_LIVES = 10
MOST_BEFORE = 3  # earlier episodes
MOST_EVIDENCE = 12
MOST_SHOWN = 3  # findings of one rule with their proof, of the second and third half as much
MOST_BRIEF = 20  # and the others, in a line each
_KNOWN_BY = {
    "user": "clients are known by user",
    "session": "clients are known by session",
    "path": "clients are known by an id in the path",
    "agent": "clients are known by address and user agent",
    "address": "clients are known by address only, which offices share",
}
_NOT_KNOWN = "the log does not tell clients apart"
MOST_GROUP = 200  # characters of one field of a group: a path may be as long as a URL
_LEVELS = {
    "critical": "bold red", "high": "bold red", "medium": "bold yellow", "low": "bold",
    "informational": "dim",
}  # fmt: skip
_LIVE = ("connecting", "open", "closing")
_LIVES = {
    "connecting": "connecting", "open": "open", "closing": "closing", "closed": "closed",
    "rejected": "refused", "superseded": "restarted", "unknown": "unknown",
}  # fmt: skip


def finding_block(number: int, finding: dict[str, Any], *, marked: bool = False) -> RenderableType:
    """The finding, under its number; `marked`: with a word where it is new."""
    if finding["state"] == "pending":
        return group_block(number, [finding], marked=marked)
    head = _head(number, finding, finding["title"], marked=marked)
    # ids and log lines are long: they get the whole width
    return Group(
        head, _table(_rows(finding)), *_lives(finding, MOST_LIVES),
        *evidence(finding["evidence"], MOST_EVIDENCE),
    )  # fmt: skip


def group_block(
    number: int, findings: Sequence[dict[str, Any]], *, marked: bool = False
) -> RenderableType:
    """Findings of one rule: what they have in common once, the first ones with their proof."""
    first, pending = findings[0], findings[0]["state"] == "pending"
    if len(findings) == 1 and not pending:
        return finding_block(number, first, marked=marked)
    title = first["title"]
    if len(findings) > 1:
        title += f": {_number_of(findings)}"
    parts: list[RenderableType] = [_head(number, first, title, marked=marked and len(findings) < 2)]
    parts.append(_table(_suspected(first) if pending else _shared(first)))
    shown = 0 if pending else MOST_SHOWN
    for place, finding in enumerate(findings[:shown], 1):
        who = _who(finding["group"], finding["known_by"])
        parts += [Text(), _head(f"{number}.{place}", finding, who, marked=marked)]
        parts.append(_table(row for row in _own(finding) if row[0] != "Who"))
        few = 2 if place > 1 else 1
        parts += [*_lives(finding, MOST_LIVES // few)]
        parts += [*evidence(finding["evidence"], MOST_EVIDENCE // few)]
    return Group(*parts, *_others(findings[shown:], marked=marked, more=not pending))


def _head(number: object, finding: dict[str, Any], title: str, *, marked: bool) -> RenderableType:
    style = _LEVELS[finding["level"]] if finding["state"] == "firing" else "bold"
    head = Text(f"{number}. ", style="bold")
    if marked and finding["new"]:
        head.append("NEW", style="bold reverse").append("  ")
    return Padding(head.append(clipped(title), style=style), (0, 0, 0, 3 * isinstance(number, str)))


def _table(rows: Iterator[tuple[str, RenderableType]]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=_LABELS, style="dim")
    table.add_column(ratio=1, overflow="fold")
    for label, content in rows:
        table.add_row(Text(f"   {label}"), content)
    return table


def _others(
    findings: Sequence[dict[str, Any]], *, marked: bool, more: bool
) -> Iterator[RenderableType]:
    """A line for each, and where to see the rest of it."""
    if not findings:
        return
    if more:
        yield Text(f"\n   The same of {len(findings):,} more; --format json has their lines:")
    for one in findings[:MOST_BRIEF]:
        parts = [f"{one['level']}, {one['state']}"] if more else [lead(one["note"])]
        parts += [f"since {since}"] if (since := since_when(one)) else []
        if one["connections_total"]:
            parts.append(plural(one["connections_total"], "connection"))
        text = Text("NEW  " if marked and one["new"] else "").append(_named(one))
        text.append(f": {clipped(', '.join(filter(None, parts)))}; ")
        yield Padding(text.append(clipped(one["fingerprint"])), (0, 0, 0, 3))
    if len(findings) > MOST_BRIEF:
        yield Text(f"   and {len(findings) - MOST_BRIEF:,} more")


def _number_of(findings: Sequence[dict[str, Any]]) -> str:
    clients = {one["group"].get("client") for one in findings} - {None}
    each = len(clients) == len(findings)
    return f"{len(findings):,} {'clients' if each else 'findings'}"


def _named(finding: dict[str, Any]) -> str:
    """Whom it is about, in short."""
    parts = [f"{clipped(name)} {clipped(value, 80)}" for name, value in finding["group"].items()]
    return ", ".join(parts) or "nobody in particular"


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
    own, shared = dict(_own(finding)), dict(_shared(finding))
    yield "Level", own.pop("Level")
    yield "Where", shared.pop("Where")
    for label in ("Since", "Before", "Who"):
        if label in own:
            yield label, own[label]
    yield "Cause", shared["Cause"]
    yield "Fix", shared["Fix"]
    yield from _ground(finding)
    if "Read" in shared:
        yield "Read", shared["Read"]


def _suspected(finding: dict[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    """Of what is only suspected: neither cause nor fix, nobody knows yet."""
    yield "Level", _level(finding)
    yield "Where", _where(finding)


def _shared(finding: dict[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    """What all findings of its rule have in common."""
    yield "Where", _where(finding)
    yield "Cause", Text(clipped(finding["cause"]))
    yield "Fix", Text(clipped(finding["fix"]), style="bold")
    if finding["references"]:
        yield "Read", Group(*(Text(clipped(one, 500)) for one in finding["references"]))


def _own(finding: dict[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    """What is its own, beside its connections and lines."""
    yield "Level", _level(finding)
    if since := since_when(finding):
        yield "Since", Text(since)
    if finding["earlier"]:
        yield "Before", Text(_before(finding))
    yield "Who", Text(_who(finding["group"], finding["known_by"]))
    yield from _ground(finding)


def _ground(finding: dict[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    if finding["note"]:
        yield "Note", Text(clipped(finding["note"]))
    yield from _guards(finding["guards"])


def _where(finding: dict[str, Any]) -> Text:
    return Text(f"{clipped(finding['service'])}, rule {clipped(finding['rule'])}")


def _level(finding: dict[str, Any]) -> Text:
    text = Text().append(finding["level"], style=_LEVELS[finding["level"]])
    if finding["state"] == "pending":
        return text.append(", pending")
    text.append(f", {finding['confidence']} confidence, {finding['state']}")
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


def _lives(finding: dict[str, Any], most: int) -> Iterator[RenderableType]:
    total, lives = finding["connections_total"], finding["lives"][:most]
    if not total:
        return  # it is about requests or messages
    head = Text("   Connections ", style="dim").append(f"{total:,}", style="not dim bold")
    yield head.append(_still_live(finding))
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


def _still_live(finding: dict[str, Any]) -> str:
    """How many are not over, where some are; the first ones named are those that are not."""
    live = sum(life["state"] in _LIVE for life in finding["lives"])
    if not live or live == finding["connections_total"]:
        return ""
    return f", {'at least ' if live == len(finding['lives']) else ''}{live:,} live"


def _guards(guards: Sequence[dict[str, Any]]) -> Iterator[tuple[str, RenderableType]]:
    """What was ruled out and what nobody can tell, by name; what applies, with its meaning.

    Of what applies or nobody can tell only what may concern the finding: the rest reads as doubt.
    """
    for title, outcome in (("Ruled out", "no"), ("Not told", "cannot_tell")):
        names = [
            _words(one)
            for one in guards
            if one["outcome"] == outcome and (one["relevant"] or outcome == "no")
        ]
        if names:
            yield title, Text(", ".join(names))
    for one in guards:
        if one["outcome"] == "yes" and one["relevant"]:
            meaning = f": {clipped(one['meaning'])}" if one["meaning"] else ""
            yield "But", Text(_words(one) + meaning)


def _words(guard: dict[str, Any]) -> str:
    return clipped(guard["name"]).replace("_", " ")
