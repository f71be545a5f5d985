"""`/sources`: what was read, how much of it was known, and how far behind the reading is."""

from __future__ import annotations

from logdiag.faces import document
from logdiag.faces.web.answers.asked import Context, Document, time
from logdiag.faces.web.answers.files import file_of
from logdiag.timeline.answers import SourceStatus


def sources(context: Context) -> Document:
    """All sources, by service and path."""
    return {"sources": [_told(context, one) for one in context.reader.sources()]}


def _told(context: Context, one: SourceStatus) -> Document:
    last = context.reader.last_time(one.source.id)
    path = file_of(context.reader, one)
    size = path.stat().st_size if path else None
    following = last is not None and not one.position.ended
    return {
        **document.source_told(one),
        "id": one.source.id,
        "yield": round(one.recognised / one.lines, 4) if one.lines else 0.0,
        "ended": one.position.ended,
        "last_at": time(last),
        "lag_seconds": max(0, context.now - last) / 1e9 if following and last else None,
        "size": size,
        "behind": None if size is None else max(0, size - one.bytes),
    }
