"""The statistics on one service, as plain JSON types; `report.schema.json` describes them."""

from __future__ import annotations

from typing import Any

from logdiag.faces import closecodes
from logdiag.faces.periods import Period
from logdiag.model import SECOND
from logdiag.timeline import Reader, statistics
from logdiag.timeline.dump import iso
from logdiag.timeline.statistics import Clients, Flow, Lifetimes, Losses, Overlap, Point, Quantiles

_MINUTE = 60 * SECOND


def told(reader: Reader, service: str, period: Period, *, sampled: bool = False) -> dict[str, Any]:
    """All of them, over the period; it must be open where the service has no clock.

    `sampled`: of many connections look at some only, for somebody who waits.
    """
    some = statistics.sample(reader, service, *period) if sampled else statistics.ALL
    codes = statistics.close_codes(reader, service, *period, some.spread)
    return {
        "sampled": some.size,
        "flow": _flow(statistics.flow(reader, service, *period)),
        "clients": _clients(statistics.clients(reader, service, *period, some.newest)),
        "lifetimes": _lifetimes(statistics.lifetimes(reader, service, *period, some.spread)),
        "close_codes": [{"code": code, "name": closecodes.name(code), "count": count}
                        for code, count in codes],
        "overlap": _overlap(statistics.overlap(reader, service, *period, some.newest)),
        "lost": _lost(statistics.losses(reader, service, *period)),
    }  # fmt: skip


def _flow(flow: Flow) -> dict[str, Any]:
    minutes = flow.width * len(flow.points) / _MINUTE if flow.clock else 0
    rates = {
        name: round(sum(getattr(point, name) for point in flow.points) / minutes, 3)
        if minutes
        else None
        for name in ("opened", "closed", "net")
    }
    return {
        "unit": "seconds" if flow.clock else "steps",
        "width": flow.width / SECOND if flow.clock else flow.width,
        "per_minute": rates,
        "points": [_point(point, flow.clock) for point in flow.points],
    }


def _point(point: Point, clock: bool) -> dict[str, Any]:
    known = point._asdict()
    at = known.pop("at")
    return {"time": iso(at) if clock else None, **known}


def _clients(clients: Clients) -> dict[str, Any]:
    return {
        "peak": _counts(clients.peak),
        "at_end": _counts(clients.at_end),
        "most": clients.most.connections if clients.most else 0,
        "most_client": clients.most.client if clients.most else None,
        "nobodys": clients.nobodys,
    }


def _lifetimes(lifetimes: Lifetimes) -> dict[str, Any]:
    return {
        "quantiles": _seconds(lifetimes.quantiles),
        "histogram": [
            {"up_to": None if bar.upto is None else bar.upto / SECOND, "count": bar.connections}
            for bar in lifetimes.histogram
        ],
    }


def _overlap(overlap: Overlap) -> dict[str, Any]:
    return {**overlap._asdict(), "lengths": _seconds(overlap.lengths)}


def _lost(losses: Losses) -> dict[str, Any]:
    return {"gaps": losses.gaps, "seconds": losses.time / SECOND, "unknown": losses.unknown}


def _counts(quantiles: Quantiles) -> dict[str, Any]:
    total, *values = quantiles
    return {"count": total, **dict(zip(("p50", "p95", "max"), values, strict=True))}


def _seconds(quantiles: Quantiles) -> dict[str, Any]:
    seconds = (value if value is None else value / SECOND for value in quantiles[1:])
    return {"count": quantiles.total, **dict(zip(("p50", "p95", "max"), seconds, strict=True))}
