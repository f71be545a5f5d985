"""Why a line is known, or what it lacks: the parser's own path, with its steps told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from logdiag.formats.fields import FIELDS, Value
from logdiag.formats.pack import Formats, Pattern
from logdiag.formats.parser import Parser
from logdiag.formats.recognise import Opened, decoded
from logdiag.formats.timestamps import Clock, TimePolicy
from logdiag.model import Block, Event, Position, Source

MAX_NEAR = 5  # patterns named for an unknown line

_WORD = re.compile(r"[A-Za-z]{3,}")


@dataclass(frozen=True)
class Near:
    """A pattern that a line resembles without matching it."""

    pattern: str
    text: str
    literal: str  # the literal of the pattern that the line has; "" where only words are shared


@dataclass(frozen=True)
class Explanation:
    """What became of one line. `event` None: no pattern knows it, see `near`."""

    layers: tuple[str, ...]  # of the envelope, outermost first
    message: str  # what the envelope held
    time: int | None
    event: Event | None = None
    pack: str | None = None
    pattern: str | None = None  # its text
    fields: Mapping[str, Value] = field(default_factory=dict)
    near: tuple[Near, ...] = ()


def parse_line(formats: Formats, policy: TimePolicy, line: str) -> Event | None:
    """The event of a line on its own: a Parser given a block of that line."""
    data = line.encode("utf-8", "surrogateescape").replace(b"\n", b" ")
    block = Block(Source(0, "", ""), 0, data + b"\n", Position())
    return next(iter(Parser(formats, policy).parse(block)), None)


def explain(formats: Formats, policy: TimePolicy, line: str) -> Explanation:
    """What the formats make of one line."""
    data = line.encode("utf-8", "surrogateescape").replace(b"\n", b" ")
    envelope = Opened(decoded(data), Clock(policy)).envelope
    message = envelope.text[envelope.start : envelope.end]
    layers = tuple(envelope.layers)
    event = parse_line(formats, policy, line)
    if event is None:
        near = tuple(_near(formats, data, message))
        return Explanation(layers, message, envelope.time, near=near)
    pattern = formats.patterns[event.pattern]
    found = {name: value for name in FIELDS if (value := getattr(event, name)) is not None}
    return Explanation(layers, message, event.time, event, pattern.pack, pattern.text, found)


def _near(formats: Formats, data: bytes, message: str) -> list[Near]:
    """Patterns whose literal hit, then those that share most words with the message."""
    scanner = formats.scanner
    found: dict[str, Near] = {}
    for literal, _, _ in scanner.find(data):
        for pattern in scanner.choices[literal].patterns:
            found[pattern.name] = Near(pattern.name, pattern.text, scanner.literals[literal])
    words = set(_WORD.findall(message.lower()))
    for pattern in formats.patterns.values():
        if pattern.name not in found and _alike(pattern, words) >= 0.6:
            found[pattern.name] = Near(pattern.name, pattern.text, "")
    ranked = sorted(found.values(), key=lambda near: -_alike(formats.patterns[near.pattern], words))
    return ranked[:MAX_NEAR]


def _alike(pattern: Pattern, words: set[str]) -> float:
    """The share of the pattern's own words that the message has, between 0 and 1."""
    own = set(_WORD.findall(re.sub(r"\{\w+(?::\w+)?\}", " ", pattern.text).lower()))
    return len(own & words) / len(own) if own else 0.0
