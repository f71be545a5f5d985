"""`/live`: live connections over time, and what is to be marked along them."""

from __future__ import annotations

from logdiag.faces.web.answers.ahead import NOTHING, ahead, drawn
from logdiag.faces.web.answers.asked import Axis, Context, Document, Window, axis_of, window_of
from logdiag.timeline import Reader, marks, outlines, series
from logdiag.timeline.outlines import Outline

MOST_SPANS = 200  # findings marked; the worst come first
MOST_MARKS = 500  # restarts, and gaps
_COUNTS = ("low", "high", "last", "opened", "closed", "rejected", "superseded", "auth_failures")


def live(
    context: Context, service: str, begin: int | None = None, end: int | None = None,
    width: int = 1000,
) -> Document:  # fmt: skip
    """Live connections of a service, at most `width` intervals of them."""
    reader, axis = context.reader, axis_of(context.reader, service)
    window = window_of(axis, begin, end, width)
    ask = series.over_time if axis.clock else series.over_lines
    empty = axis.begin is None
    found = ask(reader, service, window.begin, window.end, width)
    more = ahead(reader, service) if axis.clock else NOTHING
    found = drawn(found, more)
    buckets = () if empty else found.buckets
    return {
        "service": service,
        "axis": axis.told(),
        "from": None if empty else axis.outside(window.begin),
        "to": None if empty else axis.outside(window.end),
        "step": max(1, axis.outside(found.step) or 0),
        "at": [axis.outside(bucket.at) for bucket in buckets],
        **{name: [getattr(bucket, name) for bucket in buckets] for name in _COUNTS},
        "ahead": more.told(),
        "findings": [
            _span(axis, one)
            for one in outlines.episodes(reader, service, *_times(axis, window), MOST_SPANS)
        ],
        "marked": _marked(reader, axis, service, window, found.step) if axis.clock else None,
        "restarts": _restarts(reader, axis, service, window),
        "gaps": _gaps(reader, axis, service, window),
    }


def _times(axis: Axis, window: Window) -> tuple[int, int]:
    """Findings without a clock are in every window."""
    return (window.begin, window.end) if axis.clock else (0, 0)


def _marked(
    reader: Reader, axis: Axis, service: str, window: Window, step: int
) -> list[list[int | None]]:
    found = outlines.spans(reader, service, window.begin, window.end, step)
    return [[axis.outside(first), axis.outside(last)] for first, last in found]


def _span(axis: Axis, one: Outline) -> Document:
    begin, end = (one.begun, one.resolved_at) if axis.clock else (one.first_line or None, None)
    return {
        "id": one.fingerprint, "rule": one.rule, "title": one.title, "level": one.level,
        "state": one.state, "from": axis.outside(begin), "to": axis.outside(end),
    }  # fmt: skip


def _restarts(reader: Reader, axis: Axis, service: str, window: Window) -> list[Document]:
    return [
        {**row, "at": axis.outside(row["at"])}
        for row in marks.restarts(
            reader, service, window.begin, window.end, clock=axis.clock, most=MOST_MARKS
        )
    ]


def _gaps(reader: Reader, axis: Axis, service: str, window: Window) -> list[Document]:
    return [
        {**row, "at": axis.outside(row["at"])}
        for row in marks.gaps(reader, service, clock=axis.clock, most=MOST_MARKS)
        if row["at"] is not None and window.begin <= row["at"] < window.end
    ]
