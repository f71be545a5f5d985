"""`/connection`: the life of one connection, step by step, and its neighbours."""

from __future__ import annotations

from logdiag.faces import closecodes
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
from logdiag.faces.web.answers.lines import Lines
from logdiag.faces.web.answers.suspects import Suspects
from logdiag.model import Connection
from logdiag.timeline import population
from logdiag.timeline.outlines import Outline
from logdiag.timeline.population import Member

NEIGHBOURS = 50  # told
AMONG = 10_000  # connections around it, among which its client's are looked for


def connection(context: Context, service: str, number: int) -> Document:
    """One connection of a service. Errors: `MissingError`."""
    reader, axis = context.reader, axis_of(context.reader, service)
    found = reader.connections(service, numbers=[number])
    if not found:
        raise MissingError(f"{service!r} has no connection number {number}.", "See the timeline.")
    one, lines = found[0], Lines(reader, service)
    (member,) = population.named(reader, service, [number], clock=axis.clock)
    known = suspects.known(reader, service)
    findings = known.of(member)
    return {
        "service": service, **_identity(one),
        "state": known.state_of(member, findings), "raw_state": one.state,
        "opened_at": time(one.opened_at), "closed_at": time(one.closed_at),
        "seconds": seconds(one.opened_at, one.closed_at or axis.end if axis.clock else None),
        "code": one.code, "code_name": None if one.code is None else closecodes.name(one.code),
        "reason": one.reason,
        "axis": axis.told(), "from": axis.outside(member.begin), "to": axis.outside(member.end),
        "transitions": [
            {"state": step.state, "at": time(step.time), "live": step.live,
             "line": lines.at((step.source, step.offset))}
            for step in reader.transitions(service, number)
        ],
        "marks": [
            {"kind": kind, "line": lines.at((mark.source, mark.offset))}
            for kind, mark in (one.marks or {}).items()
        ],
        "findings": [brief(finding) for finding in findings],
        **_neighbours(context, axis, service, member, known),
    }  # fmt: skip


def _identity(one: Connection) -> Document:
    return {
        "number": one.number, "name": one.name, "identity": one.identity,
        "inferred": one.identity == "count", "client": one.client_key, "address": one.client,
        "port": one.port, "user": one.user, "path": one.path, "process": one.process,
        "layer": one.layer,
    }  # fmt: skip


def brief(finding: Outline) -> Document:
    """A finding in a list about something else."""
    return {
        "id": finding.fingerprint, "rule": finding.rule, "title": finding.title,
        "level": finding.level, "state": finding.state,
    }  # fmt: skip


def member_told(axis: Axis, one: Member, state: str) -> Document:
    """A connection in a list; its times are on the axis, too."""
    clock = axis.clock
    return {
        "number": one.number, "name": one.name, "state": state,
        "inferred": one.identity == "count",
        "opened_at": time(one.begin) if clock else None,
        "closed_at": time(one.end) if clock else None,
        "from": axis.outside(one.begin), "to": axis.outside(one.end),
        "seconds": seconds(one.begin, one.end or axis.end) if clock else None,
    }  # fmt: skip


def _neighbours(
    context: Context, axis: Axis, service: str, one: Member, known: Suspects
) -> Document:
    if one.client_key is None:
        return {"neighbours": [], "neighbours_total": 0}
    same = population.near(
        context.reader, service, one.number, AMONG, one.client_key, clock=axis.clock
    )
    others = [each for each in same if each.number != one.number]
    nearest = sorted(others, key=lambda each: abs(each.number - one.number))[:NEIGHBOURS]
    return {
        "neighbours": [
            {**member_told(axis, each, known.state_of(each, known.of(each))),
             "overlaps": _overlap(one, each)}
            for each in sorted(nearest)
        ],
        "neighbours_total": len(others),
    }  # fmt: skip


def _overlap(one: Member, other: Member) -> bool:
    return _before(one.begin, other.end) and _before(other.begin, one.end)


def _before(begin: int | None, end: int | None) -> bool:
    return begin is None or end is None or begin < end
