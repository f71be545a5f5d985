"""What a pack file says, decoded strictly: every mistake of a file is told, each with its place.

This is the YAML's shape, unchecked in meaning; `pack.py` makes what runs out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import yaml

from logdiag.errors import Problem
from logdiag.formats.fields import FIELDS, Value, coerce, kind_of
from logdiag.formats.language import did_you_mean
from logdiag.model import KINDS, LAYERS

T = TypeVar("T")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times faster


class Place(NamedTuple):
    """Where a value stands: 1-based line and column of its first character."""

    line: int
    column: int


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


@dataclass
class _Reader:
    file: str
    problems: list[Problem] = field(default_factory=list)

    def problem(self, node: yaml.Node, message: str, hint: str = "") -> None:
        place = place_of(node)
        self.problems.append(Problem(self.file, place.line, place.column, message, hint))

    def mapping(
        self, node: yaml.Node, what: str, known: Collection[str], needed: Collection[str]
    ) -> dict[str, yaml.Node]:
        """The values of a mapping by key; unknown, doubled and missing keys are problems."""
        if not isinstance(node, yaml.MappingNode):
            self.problem(
                node, f"{what} is no mapping.", f"Write 'key: value' with {', '.join(needed)}."
            )
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name not in known:
                self.problem(key, f"unknown key {name!r} in {what}.", did_you_mean(name, known))
            elif name in found:
                self.problem(key, f"key {name!r} stands twice in {what}.", "Remove one of them.")
            found[name] = value
        for name in needed:
            if name not in found:
                self.problem(node, f"{what} has no {name!r}.", f"Add '{name}:'.")
        return found

    def text(self, node: yaml.Node | None, what: str) -> str:
        if node is None:
            return ""
        if isinstance(node, yaml.ScalarNode) and node.value != "":
            return str(node.value)
        self.problem(node, f"{what} is no text.", "Write one value.")
        return ""

    def items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        if node is None:
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.problem(node, f"{what} is no list.", "Begin each entry with '- '.")
        return []

    def texts(self, node: yaml.Node | None, what: str) -> tuple[str, ...]:
        """One text or a list of texts."""
        if isinstance(node, yaml.ScalarNode):
            return (self.text(node, what),)
        return tuple(self.text(item, what) for item in self.items(node, what))

    def word(self, node: yaml.Node | None, what: str, known: Collection[str]) -> str:
        word = self.text(node, what)
        if node is not None and word and word not in known:
            self.problem(node, f"unknown {what} {word!r}.", did_you_mean(word, known))
        return word

    def value(self, name: str, node: yaml.Node) -> Value:
        found = coerce(name, self.text(node, name))
        if found is None:
            kind = {int: "a whole number", float: "a number"}.get(kind_of(name), "text")
            self.problem(node, f"{name} is {kind}, not {getattr(node, 'value', '')!r}.")
        return found


def read(text: str, file: str) -> tuple[PackSpec | None, list[Problem]]:
    """Decode one pack. `file` is how problems name it. Never raises for what the text holds."""
    reader = _Reader(file)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"this is no YAML: {error.problem or error.context}."
        return None, [Problem(file, line, column, message, "Quote texts that hold ': ' or '{'.")]
    except yaml.YAMLError as error:  # a character that YAML forbids
        return None, [Problem(file, 1, 1, f"this is no YAML: {error}.".replace("\n", " "))]
    if node is None:
        return None, [Problem(file, 1, 1, "the file is empty.", "See rules/README.md.")]
    return _pack(reader, node), reader.problems


def place_of(node: yaml.Node) -> Place:
    """Where a node's text begins: behind the quote, or on the line below `|`."""
    mark = node.start_mark
    style = getattr(node, "style", None)
    if style in ("|", ">"):
        return Place(mark.line + 2, 1)
    return Place(mark.line + 1, mark.column + 1 + (style in ('"', "'")))


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
