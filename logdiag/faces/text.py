"""The report as people read it at night: verdicts first, then each finding with its proof.

A pure function of the document. Nothing in it is markup: whatever a log, a file name or a rule
says is put into `Text`, made safe, and never parsed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logdiag.faces import figures
from logdiag.faces.document import Document
from logdiag.faces.findings import group_block, since_when
from logdiag.faces.ordering import by_rule
from logdiag.faces.proof import evidence_table
from logdiag.faces.rendering import LEAST_WIDTH, rendered
from logdiag.faces.words import clipped, moment, plural, seconds_between, size, spoken

MOST_DETAILED = 10  # services; of more, the clean ones get one line each
MOST_FINDINGS = 20  # rules, each with what it found
MOST_SOURCES = 20
MOST_GAPS = 10
MOST_LINES = 8  # of a broken limit: the newest, the last of which broke it
_VERDICTS = {
    "leak": ("LEAK", "bold red"),
    "cannot_tell": ("CANNOT TELL", "bold yellow"),
    "clean": ("CLEAN", "bold green"),
}
_OUTCOMES = {
    "broken": ("BROKEN", "bold red"),
    "cannot_tell": ("CANNOT TELL", "bold yellow"),
    "kept": ("KEPT", "bold green"),
}
_CLOCKS = {
    "event": "times from the log",
    "arrival": "no times in the log: those of arrival",
    "lines": "no clock: lines are counted instead of seconds",
}
_IDENTITIES = {
    "id": "connections told apart by id",
    "address": "connections told apart by address and port",
    "count": "connections counted, which one closed is inferred",
}


def render(
    document: Document,
    width: int = LEAST_WIDTH,
    *,
    colour: bool = False,
    with_statistics: bool = False,
) -> str:
    """The text, its lines at most `width` columns wide (at least 80, at most 120)."""
    return rendered(_parts(document, with_statistics), width, colour=colour)


def _parts(document: Document, with_statistics: bool) -> Iterator[RenderableType]:
    yield _header(document)
    yield Text()
    yield _verdicts(document)
    for service in document["services"]:
        if with_statistics and service["statistics"]:
            yield Text()
            yield figures.block(service["name"], service["statistics"])
    if document["limits"]:
        yield Text()
        yield _limits(document["limits"])
    groups = by_rule(document["findings"])
    for number, findings in enumerate(groups[:MOST_FINDINGS], 1):
        yield Text()
        yield group_block(number, findings, marked=document["last_report"] is not None)
    if more := sum(len(findings) for findings in groups[MOST_FINDINGS:]):
        yield Text(f"\nand {plural(more, 'more finding')}, see --format json")
    if document["sources"]:
        yield Text()
        yield _sources(document["sources"])
    yield from _missing(document)


def _header(document: Document) -> Text:
    text = Text(clipped(document["tool"]), style="bold")
    text.append(f"  report of {moment(document['generated_at'])}", style="dim")
    since, until = moment(document["since"]), moment(document["until"])
    if since:
        text.append(f", since {since}", style="dim")
    if until:
        text.append(f", until {until}", style="dim")
    if last := moment(document["last_report"]):
        new = sum(finding["new"] for finding in document["findings"])
        words = plural(new, "new finding") if new else "nothing new"
        text.append(f"\nSince your last report, {last}: ", style="dim")
        text.append(words, style="bold" if new else "dim")
    return text


# Verdicts


def _verdicts(document: Document) -> RenderableType:
    services = document["services"]
    if not services:
        return Text("Nothing has been read. Try: logdiag ingest PATH")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    order = list(_VERDICTS)
    for service in sorted(services, key=lambda one: order.index(one["verdict"])):
        word, style = _VERDICTS[service["verdict"]]
        findings = [one for one in document["findings"] if one["service"] == service["name"]]
        lines = [_verdict(service, findings)]
        known = service["to"] or service["clock"] != "event"
        if known and (len(services) <= MOST_DETAILED or service["verdict"] != "clean"):
            lines += _details(service)
        table.add_row(Text(word, style=style), Group(*lines))
    return table


def _verdict(service: dict[str, Any], findings: Sequence[dict[str, Any]]) -> Text:
    text = Text(clipped(service["name"], 200), style="bold")
    text.append(f": {clipped(service['reason'])}", style="not bold")
    firing = [one for one in findings if one["state"] == "firing"]
    if service["verdict"] == "leak" and firing:
        text.append(f"\nSince {_earliest(firing, service)}", style="not bold")
    return text


def _details(service: dict[str, Any]) -> Iterator[Text]:
    totals, live = service["totals"], service["live"]
    counts = [f"{totals['rejected']:,} rejected", f"{totals['auth_failures']:,} x 401/403"]
    now = f"{live['at_end']:,} live at the end, "
    if service["verdict"] == "clean":
        now = ""  # the reason has these counts
    else:
        counts[:0] = [f"{totals['opened']:,} opened", f"{totals['closed']:,} closed"]
    for name, words in (("superseded", "ended by a restart"), ("unknown", "lost from sight")):
        if totals[name]:
            counts.append(f"{totals[name]:,} {words}")
    yield Text(", ".join(counts))
    when = f" at {moment(live['peak_at'])}" if live["peak_at"] and live["peak"] else ""
    yield Text(f"{now}{live['peak']:,} at most{when}")
    if service["statistics"]:
        yield from figures.brief(service["statistics"])
    notes = f"{_CLOCKS[service['clock']]}; {_IDENTITIES[service['identity']]}"
    yield Text(_span(service) + notes, style="dim")


def _span(service: dict[str, Any]) -> str:
    if not service["from"] or not service["to"]:
        return ""
    length = spoken(max(0.0, seconds_between(service["from"], service["to"])))
    return f"{moment(service['from'])} to {moment(service['to'])} ({length})\n"


def _earliest(firing: Sequence[dict[str, Any]], service: dict[str, Any]) -> str:
    """Since when the first of the findings holds, as time or as line."""
    first = min(firing, key=lambda one: one["pending_at"] or one["fired_at"] or "")
    return since_when(first, service["to"]) or "an unknown time"


# Limits


def _limits(limits: Sequence[dict[str, Any]]) -> RenderableType:
    """What was broken comes first, with its lines."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    order = list(_OUTCOMES)
    for limit in sorted(limits, key=lambda one: order.index(one["outcome"])):
        word, style = _OUTCOMES[limit["outcome"]]
        allowed = f" {limit['allowed']:,}" if limit["name"] != "all-closed" else ""
        words = Text(clipped(limit["service"], 200), style="bold")
        words.append(f": {clipped(limit['reason'])} (--{limit['name']}{allowed})", "not bold")
        table.add_row(
            Text(word, style=style), Group(words, evidence_table(limit["evidence"][-MOST_LINES:]))
        )
    return table


# Sources, and what is missing


def _sources(sources: Sequence[dict[str, Any]]) -> RenderableType:
    # A service of one file is called as that file is; the column would say it twice.
    several = any(not source["path"].startswith(source["service"]) for source in sources)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    if several:
        table.add_column("Service", overflow="fold", max_width=24)
    table.add_column("File", overflow="fold", max_width=32)
    table.add_column("Format", overflow="fold")
    for title in ("Size", "Lines", "Events", "Other", "Gaps"):
        table.add_column(title, justify="right", no_wrap=True)
    for source in sources[:MOST_SOURCES]:
        row = [clipped(source["path"], 200), clipped(source["format"]) or "none"]
        row.append(size(source["bytes"]))
        row += [f"{source[key]:,}" for key in ("lines", "recognised", "unknown")]
        row.append(str(len(source["gaps"])))
        service = [clipped(source["service"], 200)] if several else []
        table.add_row(*(Text(cell) for cell in service + row))
    lines: list[RenderableType] = [table]
    if len(sources) > MOST_SOURCES:
        lines.append(Text(f"and {plural(len(sources) - MOST_SOURCES, 'more file')}"))
    unknown = sum(source["unknown"] for source in sources)
    if unknown:
        words = (
            f"{plural(unknown, 'line tells', 'lines tell')} of nothing that is followed here. "
            "`logdiag explain FILE` shows which of them look as if they should."
        )
        lines.append(Text(words, style="dim"))
    return Group(*lines)


def _missing(document: Document) -> Iterator[RenderableType]:
    lines = [f"{source['path']}: {_gap(gap)}"
             for source in document["sources"] for gap in source["gaps"]]  # fmt: skip
    if len(lines) > MOST_GAPS:
        lines[MOST_GAPS:] = [f"and {plural(len(lines) - MOST_GAPS, 'more gap')}"]
    notices = [f"{one['path']}: {one['notice']}" for one in document["sources"] if one["notice"]]
    for title, told in (
        ("Missing", lines),
        ("Problems", document["problems"]),
        ("To note", notices[:MOST_SOURCES]),
    ):
        if told:
            yield Text(f"\n{title}", style="bold yellow")
            for line in told:
                yield Padding(Text(clipped(line, 500), overflow="fold"), (0, 0, 0, 2))


def _gap(gap: dict[str, Any]) -> str:
    what = "an unknown amount" if gap["size"] is None else size(gap["size"])
    when = f", noticed {moment(gap['time'])}" if gap["time"] else ""
    return f"{what} after byte {gap['offset']:,}: {gap['reason']}{when}"
