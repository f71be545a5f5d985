"""The log files themselves, as far as they can be seen from here and are still the same."""

from __future__ import annotations

from pathlib import Path

from logdiag.engines import knowledge
from logdiag.faces.web.answers.asked import Context, Document
from logdiag.formats import Parser, TimePolicy, redact
from logdiag.formats.recognise import decoded
from logdiag.formats.redact import MAX_LOOK, plain
from logdiag.model import Block, Position
from logdiag.tailing.fingerprint import head_agrees
from logdiag.timeline import Reader
from logdiag.timeline.answers import SourceStatus

MOST_BYTES = 64 << 10  # of a file, looked at for one answer
MOST_LINES = 200  # told


def file_of(reader: Reader, status: SourceStatus) -> Path | None:
    """The file of a source, if it is there and begins as it began when it was read."""
    for directory in reader.directories(status.source.service):
        path = Path(directory) / status.source.path
        try:
            with path.open("rb") as file:
                head = file.read(status.position.head_size)
        except (OSError, ValueError):  # ValueError: a name that no file can have
            continue
        if path.is_file() and head_agrees(status.position, head):
            return path
    return None


def lines_around(path: Path, offset: int, most: int) -> tuple[list[str], str, list[str]]:
    """At most so many lines before a line, itself, and as many after it, as they may be shown."""
    begin = max(0, offset - MOST_BYTES)
    data = _part(path, begin, offset - begin + MOST_BYTES)
    before = _lines(data[: offset - begin])[-most:]
    line, *after = _lines(data[offset - begin :])[: most + 1] or [b""]
    return [*map(_shown, before)], _shown(line), [*map(_shown, after)]


def unknown(context: Context, source: int) -> Document:
    """Lines in the last part of a source that nobody knew."""
    reader = context.reader
    status = next((one for one in reader.sources() if one.source.id == source), None)
    told = {"source": source, "lines": [], "looked_at": 0}
    if status is None:
        return {**told, "reason": "There is no such source."}
    path = file_of(reader, status)
    if path is None:
        return {**told, "reason": "The file is not there any more, or another one, or packed."}
    begin = max(0, status.bytes - MOST_BYTES)
    data = _part(path, begin, status.bytes - begin)
    if begin:  # it begins within a line
        cut = data.find(b"\n") + 1
        begin, data = begin + cut, data[cut:]
    return {**told, **_unknown(context, status, begin, data), "reason": ""}


def _unknown(context: Context, status: SourceStatus, begin: int, data: bytes) -> Document:
    settings = context.settings.of(status.source.service)
    parser = Parser(
        knowledge.load_formats(settings), TimePolicy(settings.zone, settings.year, context.now)
    )
    block = Block(status.source, begin, data, Position())
    known = {event.offset for event in parser.parse(block)}
    first = status.lines - parser.lines + 1
    lines, offset = [], begin
    for number, line in enumerate(_lines(data), first):
        if offset not in known and line.strip():
            lines.append({"line": number, "offset": offset, "text": _shown(line)})
        offset += len(line) + 1
    return {"lines": lines[-MOST_LINES:], "looked_at": len(data)}


def _lines(data: bytes) -> list[bytes]:
    """Between line feeds: nothing else ends a line of a log."""
    return data.removesuffix(b"\n").split(b"\n") if data else []


def _part(path: Path, begin: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(begin)
            return file.read(size)
    except OSError:
        return b""


def _shown(line: bytes) -> str:
    """As the parser would keep it: without colours, secrets and what steers a terminal."""
    return redact(plain(decoded(line.rstrip(b"\r")[: 4 * MAX_LOOK])))
