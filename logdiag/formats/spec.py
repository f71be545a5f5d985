"""What a pack file says, decoded strictly: every mistake of a file is told, each with its place.

This is the YAML's shape, unchecked in meaning; `pack.py` makes what runs out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import yaml

from logdiag.definitions import Decoder, Place, place_of
from logdiag.errors import Problem
from logdiag.formats.fields import FIELDS, Value, coerce, kind_of
from logdiag.model import KINDS, LAYERS

T = TypeVar("T")


NOWHERE = Place(1, 1)


@dataclass(frozen=True)
class LineSpec:
    """One entry of `lines`. Exactly one of `match` and `regex` is given."""

    event: str
    at: Place
    match: str | None = None
    regex: str | None = None
    text_at: Place = NOWHERE
    layer: str = "app"
    set: tuple[tuple[str, Value], ...] = ()
    where: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    prefix: tuple[str, ...] = ()
    literal: tuple[str, ...] = ()


@dataclass(frozen=True)
class SampleSpec:
    """A line, and what must come of it. `event` None: nothing must."""

    line: str
    at: Place
    event: str | None = None
    fields: tuple[tuple[str, Value], ...] = ()
    layer: str | None = None
    time: str | None = None


@dataclass(frozen=True)
class PackSpec:
    """One pack file."""

    file: str
    name: str
    title: str
    at: Place
    lines: tuple[LineSpec, ...]
    samples: tuple[SampleSpec, ...]
    description: str = ""
    references: tuple[str, ...] = ()
    parts: tuple[tuple[str, str, Place], ...] = ()


class _Reader(Decoder):
    """Decodes packs: it knows the types of an event's fields, too."""

    def value(self, name: str, node: yaml.Node) -> Value:
        found = coerce(name, self.text(node, name))
        if found is None:
            kind = {int: "a whole number", float: "a number"}.get(kind_of(name), "text")
            self.problem(node, f"{name} is {kind}, not {getattr(node, 'value', '')!r}.")
        return found


def read(text: str, file: str) -> tuple[PackSpec | None, list[Problem]]:
    """Decode one pack. `file` is how problems name it. Never raises for what the text holds."""
    reader = _Reader(file)
    node = reader.compose(text)
    return (None if node is None else _pack(reader, node)), reader.problems


_PACK_KEYS = ("name", "title", "description", "references", "layer", "parts", "lines",
              "samples", "nonsamples")  # fmt: skip
_LINE_KEYS = ("event", "match", "regex", "layer", "set", "where", "prefix", "literal")
_SAMPLE_KEYS = ("line", "event", "layer", "time", *FIELDS)


def _pack(reader: _Reader, node: yaml.Node) -> PackSpec:
    keys = reader.mapping(node, "the pack", _PACK_KEYS, ("name", "title", "lines", "samples"))
    layer = reader.word(keys.get("layer"), "layer", LAYERS) or "app"
    lines = [_line(reader, item, layer) for item in reader.items(keys.get("lines"), "lines")]
    samples = [_sample(reader, item) for item in reader.items(keys.get("samples"), "samples")]
    samples += [
        SampleSpec(reader.text(item, "a nonsample"), place_of(item))
        for item in reader.items(keys.get("nonsamples"), "nonsamples")
    ]
    for key, found in (("lines", lines), ("samples", samples)):
        if key in keys and not found:
            reader.problem(keys[key], f"{key} is empty.", "A pack needs at least one.")
    return PackSpec(
        file=reader.file,
        name=reader.text(keys.get("name"), "name"),
        title=reader.text(keys.get("title"), "title"),
        at=place_of(keys.get("name", node)),
        lines=tuple(lines),
        samples=tuple(samples),
        description=reader.text(keys.get("description"), "description"),
        references=reader.texts(keys.get("references"), "references"),
        parts=tuple(_parts(reader, keys.get("parts"))),
    )


def _parts(reader: _Reader, node: yaml.Node | None) -> Iterator[tuple[str, str, Place]]:
    if not isinstance(node, yaml.MappingNode):
        if node is not None:
            reader.problem(node, "parts is no mapping.", "Write 'name: template'.")
        return
    for key, value in node.value:
        yield reader.text(key, "a part's name"), reader.text(value, "a part"), place_of(value)


def _line(reader: _Reader, node: yaml.Node, layer: str) -> LineSpec:
    keys = reader.mapping(node, "the line", _LINE_KEYS, ("event",))
    if keys and ("match" in keys) == ("regex" in keys):
        reader.problem(node, "a line has either 'match' or 'regex'.", "Write one of them.")
    text = keys.get("match") or keys.get("regex") or node
    return LineSpec(
        event=reader.word(keys.get("event"), "event", KINDS),
        at=place_of(node),
        match=reader.text(keys["match"], "match") if "match" in keys else None,
        regex=reader.text(keys["regex"], "regex") if "regex" in keys else None,
        text_at=place_of(text),
        layer=reader.word(keys.get("layer"), "layer", LAYERS) or layer,
        set=tuple(_each(reader, keys.get("set"), "set", reader.value)),
        where=tuple(_each(reader, keys.get("where"), "where", _values(reader))),
        prefix=reader.texts(keys.get("prefix"), "prefix"),
        literal=reader.texts(keys.get("literal"), "literal"),
    )


def _values(reader: _Reader) -> Callable[[str, yaml.Node], tuple[Value, ...]]:
    def values(name: str, node: yaml.Node) -> tuple[Value, ...]:
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(reader.value(name, item) for item in items)

    return values


def _each(
    reader: _Reader, node: yaml.Node | None, what: str, read_value: Callable[[str, yaml.Node], T]
) -> Iterator[tuple[str, T]]:
    if node is None:
        return
    for name, value in reader.mapping(node, what, FIELDS, ()).items():
        if name in FIELDS:
            yield name, read_value(name, value)


def _sample(reader: _Reader, node: yaml.Node) -> SampleSpec:
    keys = reader.mapping(node, "the sample", _SAMPLE_KEYS, ("line", "event"))
    return SampleSpec(
        line=reader.text(keys.get("line"), "line"),
        at=place_of(node),
        event=reader.word(keys.get("event"), "event", KINDS),
        fields=tuple((name, reader.value(name, keys[name])) for name in FIELDS if name in keys),
        layer=reader.word(keys.get("layer"), "layer", LAYERS) or None,
        time=reader.text(keys.get("time"), "time") or None,
    )
