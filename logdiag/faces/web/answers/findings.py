"""`/findings` and `/finding`: what leaks, why, and what has happened since."""

from __future__ import annotations

from collections.abc import Sequence

from logdiag.faces import document
from logdiag.faces.facts import known as facts_of
from logdiag.faces.periods import Period
from logdiag.faces.telling import Teller
from logdiag.faces.web.answers import suspects
from logdiag.faces.web.answers.asked import (
    Axis,
    Context,
    Document,
    MissingError,
    axis_of,
    seconds,
    time,
)
from logdiag.faces.web.answers.connection import brief, member_told
from logdiag.faces.web.answers.lines import Lines
from logdiag.model import SECOND, Finding
from logdiag.timeline import Reader, outlines, population
from logdiag.timeline.outlines import Outline
from logdiag.timeline.population import Member

MARGIN = 60 * SECOND  # shown around a finding, at least; else a quarter of its length
MARGIN_LINES = 10
_OUTCOMES = {"yes": "It holds", "no": "Ruled out", "cannot_tell": "The log cannot tell"}


def findings(
    context: Context, service: str | None = None, state: str | None = None,
    rule: str | None = None, page: int = 0, size: int = 50,
) -> Document:  # fmt: skip
    """All findings, the worst first, without their evidence."""
    if service is not None:
        axis_of(context.reader, service)
    total = outlines.count(context.reader, service, state, rule)
    shown = outlines.latest(
        context.reader, service, state, rule, limit=size, offset=page * size
    )  # fmt: skip
    return {
        "findings": [_outline(one) for one in shown], "total": total,
        "page": page, "size": size, "more": total > (page + 1) * size,
    }  # fmt: skip


def _outline(one: Outline) -> Document:
    return {
        "service": one.service, "id": one.fingerprint, "rule": one.rule, "title": one.title,
        "level": one.level, "confidence": one.confidence, "state": one.state,
        "group": one.group, "count": one.fired, "connections_total": one.connections_total,
        "pending_at": time(one.pending_at), "fired_at": time(one.fired_at),
        "resolved_at": time(one.resolved_at), "note": one.note,
    }  # fmt: skip


def finding(context: Context, service: str, fingerprint: str) -> Document:
    """One finding with all that proves it. Errors: `MissingError`."""
    reader, axis = context.reader, axis_of(context.reader, service)
    found = reader.finding(service, fingerprint)
    if found is None:
        raise MissingError(f"{service!r} has no finding {fingerprint!r}.", "See the overview.")
    sources, lines = reader.sources(service), Lines(reader, service)
    one = facts_of(reader, service, sources, Period())
    told = Teller(reader, one, dict(lines.paths), None).finding(found)
    known = suspects.known(reader, service)
    members = population.named(reader, service, found.finding.connections, clock=axis.clock)
    return {
        "finding": told,
        "why": _why(told),
        "axis": axis.told(),
        "window": _window(axis, found.finding, members),
        "connections": [
            {**member_told(axis, each, known.state_of(each, known.of(each))),
             "client": each.client_key}
            for each in members
        ],
        "evidence": [
            line for place in found.finding.evidence
            if (line := lines.with_context((place.source, place.offset)))
        ],
        "since_resolved": _since(reader, axis, service, found.finding, members),
    }  # fmt: skip


def _why(told: Document) -> list[str]:
    """What the confidence stands on: the healthy explanations, and what became of them."""
    return [
        f"{_OUTCOMES[guard['outcome']]}: {guard['meaning']}"
        for guard in told["guards"]
        if guard["meaning"] and (guard["relevant"] or guard["outcome"] == "no")
    ]  # fmt: skip


def _window(axis: Axis, one: Finding, members: list[Member]) -> Document:
    """From a little before its first connection to a little after its end."""
    begins = [each.begin for each in members if each.begin is not None]
    ends = [each.end for each in members if each.end is not None]
    times = [value for value in (one.pending_at, one.fired_at, one.resolved_at) if value]
    if not axis.clock:
        times = [line.line for line in one.evidence if line.line]
    known = [*begins, *times] or [axis.begin or 0]
    last = [*begins, *ends, *times] or [axis.end or 1]
    least, most = min(known), max(last)
    margin = max(MARGIN if axis.clock else MARGIN_LINES, (most - least) // 4)
    begin = max(axis.begin or 0, least - margin)
    end = min(axis.end or 1, most + margin)
    return {"from": axis.outside(begin), "to": axis.outside(max(end, begin + 1))}


def _since(
    reader: Reader, axis: Axis, service: str, one: Finding, members: Sequence[Member]
) -> Document | None:
    """What changed since it resolved; None while it has not, and without a clock."""
    resolved = one.resolved_at
    if resolved is None or axis.end is None or not axis.clock:
        return None
    after = resolved + 1  # ns; what ended it is no news
    totals = reader.totals(service, since=after)
    later = outlines.latest(reader, service, limit=suspects.MOST)
    return {
        "resolved_at": time(resolved), "seconds": seconds(resolved, axis.end),
        "opened": totals.opened, "closed": totals.closed, "rejected": totals.rejected,
        "auth_failures": totals.auth_failures,
        "live_then": reader.live(service, until=after).at_end,
        "live_now": reader.live(service).at_end,
        "named": len(members), "named_live": sum(each.state in suspects.LIVE for each in members),
        "findings": [
            brief(each) for each in later if each.begun is not None and each.begun > resolved
        ],
    }  # fmt: skip


def report(
    context: Context, service: str | None = None, since: str | None = None,
    until: str | None = None,
) -> Document:  # fmt: skip
    """The document of `logdiag report --format json`, without the statistics."""
    from logdiag.faces import periods

    if service is not None:
        axis_of(context.reader, service)
    end = document.end_of_data(context.reader, service) if since or until else None
    period = periods.period(since, until, end)
    return document.build(
        context.reader, generated_at=context.now, service=service, period=period,
        with_statistics=False,
    )  # fmt: skip
