"""Log lines: as events have them, and with what stands around them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from logdiag.faces.web.answers.asked import Document, time
from logdiag.faces.web.answers.files import file_of, lines_around
from logdiag.model import Event
from logdiag.timeline import Reader

AROUND = 4  # lines before, and after


class Lines:
    """Tells lines of one timeline, with the paths of their sources."""

    def __init__(self, reader: Reader, service: str) -> None:
        self._reader = reader
        self._sources = {one.source.id: one for one in reader.sources(service)}
        self._files: dict[int, Path | None] = {}
        self.paths: Mapping[int, str] = {
            number: one.source.path for number, one in self._sources.items()
        }

    def at(self, place: tuple[int, int] | None) -> Document | None:
        """The line at (source, offset); None where it is not stored any more."""
        event = self._reader.event(*place) if place else None
        return self.told(event) if event else None

    def told(self, event: Event) -> Document:
        """What a line says."""
        return {
            "source": self.paths.get(event.source, "?"), "line": event.line,
            "offset": event.offset, "event": event.kind, "at": time(event.time),
            "text": event.text,
        }  # fmt: skip

    def with_context(self, place: tuple[int, int]) -> Document | None:
        """The line, and what stands before and after it."""
        line = self.at(place)
        return line and {**line, "context": self._around(line, *place)}

    def _around(self, line: Document, source: int, offset: int) -> Document:
        found = self._in_file(line, source, offset)
        if found is not None:
            return found
        before, after = self._reader.events_around(source, offset, AROUND)
        return {
            "origin": "events",
            "before": [_neighbour(event) for event in before],
            "after": [_neighbour(event) for event in after],
        }

    def _in_file(self, line: Document, source: int, offset: int) -> Document | None:
        """From the file itself, with the lines that nobody knew; None where it has changed."""
        if source not in self._files:
            status = self._sources.get(source)
            self._files[source] = file_of(self._reader, status) if status else None
        path = self._files[source]
        if path is None:
            return None
        before, text, after = lines_around(path, offset, AROUND)
        if text != line["text"]:
            return None
        known = {event.line: event.kind for part in self._reader.events_around(
            source, offset, AROUND) for event in part}  # fmt: skip
        first = line["line"] - len(before)
        told = [
            {"line": number, "text": text, "event": known.get(number)}
            for number, text in enumerate([*before, text, *after], first)
        ]
        return {"origin": "file", "before": told[: len(before)], "after": told[len(before) + 1 :]}


def _neighbour(event: Event) -> Document:
    return {"line": event.line, "text": event.text, "event": event.kind}
