"""`/lanes`: connections as bars, in a lane for each client, path or service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from logdiag.diagnosis.clients import client_key
from logdiag.faces.web.answers import bars, suspects
from logdiag.faces.web.answers.ahead import NOTHING, Ahead, ahead, joined
from logdiag.faces.web.answers.asked import Axis, Context, Document, Window, axis_of, window_of
from logdiag.faces.web.answers.bars import Bar, Life
from logdiag.faces.web.answers.suspects import Suspects
from logdiag.model import Event
from logdiag.timeline import marks, population, search
from logdiag.timeline.outlines import Outline
from logdiag.timeline.population import Member, Population

MOST_FAILURES = 1_000  # failed authentications marked, the latest
WHOLE = "the whole service"
_LIVE = ("connecting", "open", "closing", "leaked")


class Lane(NamedTuple):
    """All lives of one key, the findings about them, and how suspicious that is."""

    key: str | None
    lives: list[Life]
    findings: list[Outline]
    suspicion: float
    overlap: int
    addresses: frozenset[str]


class _Draft:
    """A lane in the making; there are thousands."""

    __slots__ = ("addresses", "findings", "lives")

    def __init__(self) -> None:
        self.lives: list[Life] = []
        self.findings: dict[str, Outline] = {}
        self.addresses: set[str] = set()


def lanes(
    context: Context, service: str, by: str = "client", begin: int | None = None,
    end: int | None = None, width: int = 1000, q: str | None = None, rule: str | None = None,
    finding: str | None = None, state: str | None = None, page: int = 0, size: int = 50,
) -> Document:  # fmt: skip
    """Lanes of a service, the most suspicious first."""
    axis = axis_of(context.reader, service)
    window = window_of(axis, begin, end, width)
    known = suspects.known(context.reader, service, rule)
    if finding is not None:
        known = _only(known, finding)
    only = rule is not None or finding is not None
    more = ahead(context.reader, service) if axis.clock else NOTHING
    found = _population(context, axis, window, service, known, q, more, only=only)
    made = _lanes(found.members, known, by, window, state)
    shown = made[page * size : (page + 1) * size]
    failures = _failures(context, axis, service, window, by, shown, more)
    exact = not (found.sampled or state)
    return {
        "service": service, "by": by, "axis": axis.told(),
        "from": axis.outside(window.begin), "to": axis.outside(window.end),
        "step": max(1, axis.outside(window.step) or 0),
        "connections": found.total if exact else None,
        "lanes_total": len(made), "sampled": found.sampled,
        "page": page, "size": size, "more": len(made) > (page + 1) * size,
        "lanes": [_told(axis, window, by, one, failures.get(one.key, {})) for one in shown],
    }  # fmt: skip


def _only(known: Suspects, fingerprint: str) -> Suspects:
    found = [one for one in known.findings if one.fingerprint == fingerprint]
    numbers = {number: found for one in found for number in one.connections}
    return Suspects(found, numbers)


def _population(
    context: Context, axis: Axis, window: Window, service: str, known: Suspects,
    q: str | None, more: Ahead, *, only: bool,
) -> Population:  # fmt: skip
    """Whom the lanes are about; with `only` no more than those whom the findings name."""
    reader, clock = context.reader, axis.clock
    found = Population([], 0, sampled=False)
    if q is not None and not only:
        some = search.matching(reader, service, q, window.begin, window.end, clock=clock)
        found = Population(some, len(some), len(some) >= search.MOST)
    elif not only:
        ask = population.during if clock else population.of_lines
        found = ask(reader, service, window.begin, window.end)
    members = {one.number: one for one in found.members}
    if only or (found.sampled and q is None):
        named = population.named(reader, service, known.by_number, clock=clock)
        members |= {one.number: one for one in named if q is None or _has(one, q)}
    born, listed = joined(members.values(), more.connections)
    if not only:
        listed += [one for one in born if q is None or _has(one, q)]
    within = [one for one in listed if _overlaps(one, window)]
    return found._replace(members=within, total=found.total if found.sampled else len(within))


def _has(one: Member, text: str) -> bool:
    parts = (one.name, one.client_key or "", one.path or "")
    return any(text.lower() in part.lower() for part in parts)


def _overlaps(one: Member, window: Window) -> bool:
    return (one.begin is None or one.begin < window.end) and (
        one.end is None or one.end >= window.begin
    )


def _lanes(
    members: Iterable[Member], known: Suspects, by: str, window: Window, state: str | None
) -> list[Lane]:
    drafts: dict[str | None, _Draft] = {}
    for one in members:
        findings = known.of(one)
        word = known.state_of(one, findings)
        if state is not None and state != word:
            continue
        key = _key(one, by)
        draft = drafts.get(key)
        if draft is None:
            draft = drafts[key] = _Draft()
        draft.lives.append(
            Life(one.number, one.name, word, one.identity == "count", one.begin, one.end)
        )
        if one.client:
            draft.addresses.add(one.client)
        if findings:
            draft.findings |= {finding.fingerprint: finding for finding in findings}
    made = [_lane(key, draft, window) for key, draft in drafts.items()]
    return sorted(made, key=lambda lane: (-lane.suspicion, -len(lane.lives), lane.key or ""))


def _key(one: Member, by: str) -> str | None:
    if by == "service":
        return WHOLE
    return one.client_key if by == "client" else one.path


def _lane(key: str | None, draft: _Draft, window: Window) -> Lane:
    lives, findings = draft.lives, list(draft.findings.values())
    states = [life.state for life in lives]
    leaked, live = states.count("leaked"), sum(map(states.count, _LIVE))
    overlap = len(lives) if len(lives) < 2 else bars.overlap(lives, window.begin, window.end)
    worst = max(map(suspects.weight, findings)) if findings else 0.0
    suspicion = worst + 10 * leaked + live + overlap / 10
    return Lane(key, lives, findings, suspicion, overlap, frozenset(draft.addresses))


def _failures(
    context: Context, axis: Axis, service: str, window: Window, by: str, shown: Sequence[Lane],
    more: Ahead,
) -> dict[str | None, dict[int, int]]:  # fmt: skip
    """By lane, how many failed authentications there are in which pixel."""
    wanted = {lane.key for lane in shown}
    holders = _holders(shown)
    found = marks.failures(
        context.reader, service, window.begin, window.end, clock=axis.clock, most=MOST_FAILURES
    )
    counted: dict[str | None, dict[int, int]] = {}
    for at, event in found:
        if (event.source, event.offset) in more.echoed:
            continue
        key = _key_of(event, by)
        if by == "client" and key not in wanted:  # refused before it was known whose it is
            key = holders.get(event.client or "")
        if key in wanted:
            pixel = (at - window.begin) // window.step
            places = counted.setdefault(key, {})
            places[pixel] = places.get(pixel, 0) + 1
    return counted


def _holders(shown: Sequence[Lane]) -> dict[str, str | None]:
    """The lane of each address that belongs to one only."""
    counted = Counter(address for lane in shown for address in lane.addresses)
    return {
        address: lane.key for lane in shown for address in lane.addresses if counted[address] == 1
    }


def _key_of(event: Event, by: str) -> str | None:
    if by == "service":
        return WHOLE
    return client_key(event) if by == "client" else event.path


def _told(axis: Axis, window: Window, by: str, lane: Lane, failures: dict[int, int]) -> Document:
    drawn = bars.layout(lane.lives, window.begin, window.end, window.step)
    return {
        "key": lane.key, "label": f"unknown {by}" if lane.key is None else lane.key,
        "connections": len(lane.lives),
        "live": sum(life.state in _LIVE for life in lane.lives),
        "leaked": sum(life.state == "leaked" for life in lane.lives),
        "overlap": lane.overlap, "suspicion": round(lane.suspicion, 1),
        "findings": [finding.fingerprint for finding in lane.findings],
        "rows": max((bar.row + 1 for bar in drawn), default=0),
        "bars": [_bar(axis, bar) for bar in drawn],
        "marks": [
            {"at": axis.outside(window.begin + pixel * window.step), "kind": "auth_failure",
             "count": count}
            for pixel, count in sorted(failures.items())
        ],
    }  # fmt: skip


def _bar(axis: Axis, bar: Bar) -> Document:
    one = bar.many == 1  # a number below zero is none yet, see `ahead`
    return {
        "row": bar.row, "from": axis.outside(bar.begin), "to": axis.outside(bar.end),
        "state": bar.life.state, "inferred": bar.life.inferred, "count": bar.many,
        "number": bar.life.number if one and bar.life.number > 0 else None,
        "name": bar.life.name if one else None,
    }  # fmt: skip
