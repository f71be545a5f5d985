"""Two reports beside each other: did the fix work? `compare.schema.json` describes the answer.

Pure: it asks nothing but the documents. Periods and traffic differ, so what is compared is rates:
leaked connections per opened one, openings per minute, what each client held.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from logdiag.faces.document import Document
from logdiag.faces.judging import Side, exit_code, judge, worst
from logdiag.faces.words import seconds_between
from logdiag.model import LEVELS

Comparison = dict[str, Any]

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("compare.schema.json")
_OUTCOMES = {  # whether there were any before, and after
    (True, True): "stayed", (True, False): "gone", (False, True): "new", (False, False): "old",
}  # fmt: skip
_LEAST_LEVEL = LEVELS.index("medium")


class Input(NamedTuple):
    """What was given as BEFORE or AFTER, and the report on it."""

    what: str
    document: Document


def build(before: Input, after: Input) -> Comparison:
    """Service by service of the same name; where each side has one, these two."""
    pairs = list(_pairs(before.document, after.document))
    services = [_compared(before.document, after.document, *pair) for pair in pairs]
    verdict, reason, code = worst(
        [(one["verdict"], one["reason"], one["exit_code"]) for one in services]
    )
    return {
        "schema": SCHEMA,
        "tool": after.document["tool"],
        "generated_at": after.document["generated_at"],
        "verdict": verdict,
        "reason": reason,
        "exit_code": code,
        "before": _input(before),
        "after": _input(after),
        "services": services,
    }


def schema() -> str:
    """The JSON Schema of the comparison, as text."""
    return SCHEMA_FILE.read_text(encoding="utf-8")


def as_json(comparison: Comparison) -> str:
    """The comparison as JSON text, in ASCII."""
    return json.dumps(comparison, indent=2) + "\n"


def _input(given: Input) -> dict[str, Any]:
    document = given.document
    return {"what": given.what} | {
        key: document[key] for key in ("since", "until", "problems", "incomplete")
    }


def _pairs(before: Document, after: Document) -> Iterator[tuple[Any, Any]]:
    sides = [{one["name"]: one for one in document["services"]} for document in (before, after)]
    if len(sides[0]) == len(sides[1]) == 1:
        yield before["services"][0], after["services"][0]
        return
    for name in sorted({*sides[0], *sides[1]}):
        yield sides[0].get(name), sides[1].get(name)


def _compared(
    earlier: Document,
    later: Document,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """One service on both sides; None: it is on the other side only."""
    leaks = _Leaks.of(earlier, before), _Leaks.of(later, after)
    delay = leaks[0].delay
    sides = _side(earlier, before, leaks[0], delay), _side(later, after, leaks[1], delay)
    verdict, reason = judge(*sides)
    return {
        "before": before["name"] if before else None,
        "after": after["name"] if after else None,
        "verdict": verdict,
        "reason": reason,
        "exit_code": exit_code(verdict, sides[1]),
        "numbers": _numbers((before, sides[0]), (after, sides[1])),
        "findings": _findings(*leaks),
    }


class _Leaks(NamedTuple):
    """The findings of at least medium level that fired in the period, by rule."""

    connections: dict[str, int]  # that opened in the period
    titles: dict[str, tuple[str, str]]  # title and level
    suspected: frozenset[str]  # rules of which one is pending
    delay: float  # seconds from the first suspicion until it fired, at least; 0: not known

    @classmethod
    def of(cls, document: Document, service: Mapping[str, Any] | None) -> _Leaks:
        """Of one service."""
        connections: dict[str, int] = {}
        titles: dict[str, tuple[str, str]] = {}
        suspected, delays = set(), []
        for finding in document["findings"]:
            if service is None or finding["service"] != service["name"]:
                continue
            if finding["state"] == "pending":
                suspected.add(finding["rule"])
            elif LEVELS.index(finding["level"]) >= _LEAST_LEVEL:
                rule = finding["rule"]
                connections[rule] = connections.get(rule, 0) + _fresh(document, finding)
                titles.setdefault(rule, (finding["title"], finding["level"]))
                if finding["pending_at"] and finding["fired_at"]:
                    delays.append(seconds_between(finding["pending_at"], finding["fired_at"]))
        return cls(connections, titles, frozenset(suspected), max(0.0, min(delays, default=0)))


def _fresh(document: Document, finding: Mapping[str, Any]) -> int:
    """Connections that opened in the period; of more than are named, in proportion.

    What leaked before a fix stays open after it, and is no fault of the fix.
    """
    since, until = document["since"], document["until"]
    lives = finding["lives"]
    if not lives:
        return int(finding["connections_total"])
    inside = [
        life["opened_at"] is None
        or (
            (since is None or seconds_between(since, life["opened_at"]) >= 0)
            and (until is None or seconds_between(life["opened_at"], until) > 0)
        )
        for life in lives
    ]
    return math.ceil(sum(inside) * int(finding["connections_total"]) / len(lives))


def _side(
    document: Document, service: Mapping[str, Any] | None, leaks: _Leaks, delay: float
) -> Side:
    if service is None:
        return Side("absent", "There is no such service.")
    opened = service["totals"]["opened"]
    return Side(
        service["verdict"], service["reason"], opened, _ripe(service, delay),
        # one connection may be in the findings of several rules
        leaked=min(max(leaks.connections.values(), default=0), max(opened, 1)),
        closed=service["totals"]["closed"],
        fired=frozenset(rule for rule, count in leaks.connections.items() if count),
        suspected=leaks.suspected,
        incomplete=document["incomplete"],
    )  # fmt: skip


def _ripe(service: Mapping[str, Any], delay: float) -> int:
    """Openings that ended, or are so old that a leak of them would have been told."""
    points, end = (service["statistics"] or {}).get("flow", {}).get("points", []), service["to"]
    young: int = sum(
        point["opened"]
        for point in points
        if point["time"] and end and seconds_between(point["time"], end) < delay
    )
    return int(service["totals"]["opened"] - min(young, service["live"]["at_end"]))


def _findings(before: _Leaks, after: _Leaks) -> list[dict[str, Any]]:
    """Rule by rule: what became of it."""
    rows = []
    for rule in sorted({*before.titles, *after.titles}):
        title, level = (after.titles | before.titles)[rule]
        counts = before.connections.get(rule, 0), after.connections.get(rule, 0)
        outcome = (
            "stayed" if all(counts) else "gone" if counts[0] else "new" if counts[1] else "old"
        )
        rows.append(
            {
                "rule": rule, "title": title, "level": level, "outcome": outcome,
                "before": counts[0], "after": counts[1],
            }
        )  # fmt: skip
    return rows


def _numbers(*sides: tuple[Mapping[str, Any] | None, Side]) -> dict[str, Any]:
    before, after = (_measured(service, side) for service, side in sides)
    return {name: {"before": before[name], "after": after[name]} for name in before}


def _measured(service: Mapping[str, Any] | None, side: Side) -> dict[str, float | None]:
    """Null where the log does not tell."""
    if service is not None and service["clock"] == "event" and service["to"] is None:
        service = None  # a period without any data
    told = service or {}
    statistics = told.get("statistics") or {}
    live, totals = told.get("live", {}), told.get("totals", {})
    nameless = told.get("identity") == "count"  # closes name nobody: who holds what?
    clients = {} if nameless else statistics.get("clients", {}).get("peak", {})
    lifetimes = statistics.get("lifetimes", {}).get("quantiles", {})
    overlap = statistics.get("overlap", {})
    rates = statistics.get("flow", {}).get("per_minute", {})
    begin, end = told.get("from"), told.get("to")
    opened = totals.get("opened")
    if totals.get("closed") and not opened:  # a line only when a connection ends
        opened, live, rates, service = None, {}, {**rates, "opened": None}, None
    return {
        "seconds": seconds_between(begin, end) if begin and end else None,
        "opened": opened,
        "opened_per_minute": rates.get("opened"),
        "closed_per_minute": rates.get("closed"),
        "live_at_end": live.get("at_end"),
        "live_peak": live.get("peak"),
        "leaked": side.leaked if service else None,
        "leaked_per_100": _per_100(side.leaked, opened),
        "clients": clients.get("count"),
        "held_p50": clients.get("p50"),
        "held_p95": clients.get("p95"),
        "held_max": clients.get("max"),
        "lifetime_p50": lifetimes.get("p50"),
        "lifetime_p95": lifetimes.get("p95"),
        "overlapping_per_100": _per_100(overlap.get("overlapping"), overlap.get("reopened")),
        "auth_failures_per_100": _per_100(totals.get("auth_failures"), opened),
    }


def _per_100(part: float | None, whole: float | None) -> float | None:
    return round(100 * part / whole, 2) if part is not None and whole else None
