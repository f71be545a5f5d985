"""What the formats make of one whole file: which patterns knew which lines, and which none did.

The file is read and parsed as `ingest` does it; only the lines that look as if they were about
connections are looked at once more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from logdiag.engines import knowledge
from logdiag.engines.settings import Settings
from logdiag.errors import SourceError
from logdiag.formats import Formats, Parser, TimePolicy, redact
from logdiag.formats.redact import plain
from logdiag.model import Block, Gap, Position, Source
from logdiag.tailing import Tailer, targets

MOST_SHAPES = 10_000  # shapes counted; a log whose lines are all of different shapes has no more
MOST_LOOKED_AT = 1_000  # characters of a line whose shape is told
# Words of lines about connections. What is not among them is not worth a person's look.
_TELLING = re.compile(
    rb"web ?socket|socket|\bws\b|connect(?:ion|ed|ing)|handshake|upgrad(?:e|ing)|unauthori[sz]ed",
    re.IGNORECASE,
)
_VARYING = re.compile(r"[\w.:+/-]*\d[\w.:+-]*")
_REPEATED = re.compile(r"#(?:[\s,]+#)+")


@dataclass(slots=True)
class Survey:
    """Counts, and one sample each as (line number, text)."""

    lines: int = 0
    events: int = 0
    patterns: Counter[str] = field(default_factory=Counter)
    samples: dict[str, tuple[int, str]] = field(default_factory=dict)
    shapes: Counter[str] = field(default_factory=Counter)  # of telling lines that nobody knew
    unknown: dict[str, tuple[int, str]] = field(default_factory=dict)  # a sample of each shape
    problems: list[str] = field(default_factory=list)


def of_file(path: str, settings: Settings, formats: Formats) -> Survey:
    """The survey of one file or archive. Errors: `SourceError` where it cannot be read."""
    survey = Survey()
    tailer = Tailer(
        targets([path]), (), lambda service, shown: Source(1, service, shown),
        final=True, archives=True,
    )  # fmt: skip
    try:
        news = tailer.refresh()
        readers = tailer.readers()
        if not readers:
            reasons = [f"{item.what}. {item.hint}" for item in news if not isinstance(item, Gap)]
            raise SourceError(f"{path} cannot be explained.", " ".join(reasons) or "It is empty.")
        for reader in readers:
            zone = settings.of(reader.source.service).zone
            policy = TimePolicy(zone, settings.year, getattr(reader, "mtime", None))
            _take(survey, iter(reader.read, None), Parser(formats, policy))
    finally:
        tailer.close()
    return survey


def of_text(data: bytes, settings: Settings, formats: Formats) -> Survey:
    """The survey of what came through standard input."""
    survey = Survey()
    block = Block(Source(1, "stdin", "-"), 0, data, Position(len(data)))
    _take(survey, [block], Parser(formats, TimePolicy(settings.zone, settings.year)))
    return survey


def load(settings: Settings) -> Formats:
    """All format packs."""
    return knowledge.load_formats(settings)


def _take(survey: Survey, items: Iterable[Block | Gap | None], parser: Parser) -> None:
    for item in items:
        if isinstance(item, Gap):
            survey.problems.append(item.reason)
        elif item is not None and item.data:
            first = parser.lines
            known = set()
            for event in parser.parse(item):
                known.add(event.offset - item.offset)
                survey.patterns[event.pattern] += 1
                survey.samples.setdefault(event.pattern, (event.line, event.text))
            for begin, line in _telling(item.data):
                if begin not in known:
                    number = first + item.data.count(b"\n", 0, begin) + 1
                    _unknown(survey, number, line)
    survey.lines, survey.events = parser.lines, parser.recognised


def _telling(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line with a telling word: where it begins, and its bytes."""
    end = -1
    for match in _TELLING.finditer(data):
        if match.start() < end:
            continue
        begin = data.rfind(b"\n", 0, match.start()) + 1
        end = data.find(b"\n", match.end())
        end = len(data) if end < 0 else end
        yield begin, data[begin:end]


def _unknown(survey: Survey, number: int, line: bytes) -> None:
    text = plain(line[: 4 * MOST_LOOKED_AT].decode("utf-8", "replace"))[:MOST_LOOKED_AT].strip()
    text = redact(text)
    found = shape(text)
    if found in survey.shapes or len(survey.shapes) < MOST_SHAPES:
        survey.shapes[found] += 1
        survey.unknown.setdefault(found, (number, text))


def shape(text: str) -> str:
    """The text with `#` for whatever has a digit in it: times, numbers, addresses, ids."""
    return _REPEATED.sub("#", _VARYING.sub("#", text))
