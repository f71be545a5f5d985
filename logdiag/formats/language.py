"""The line-pattern language: a template reads like the line it matches.

    WebSocket connection {connection} closed{? (code {code:int})}. Total: {total:int}

    {name} {name:type}   a field; without a type, the one that its name implies
    {name:a|b}           a field that is one of these words
    {_} {_:type}         skipped, kept nowhere
    {a|b|c}              one of these words
    {? ...}              an optional part, taken verbatim (blanks count); it nests
    {@name}              a template of its own, from the pack's `parts`
    {{ }}                the braces themselves (a closing one not inside an optional part)

`parse` gives an immutable tree, `unparse` gives the text back: `unparse(parse(x)) == x`.
The grammar runs when a pack is loaded, never on a log line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import pyparsing as pp

from logdiag.definitions import did_you_mean
from logdiag.formats.fields import DEFAULTS, TYPES

MAX_NESTING = 20  # optional parts within optional parts; deeper is a mistake, not a wish


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text, braces unescaped."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """A typed field. `type` None: by the name. `words`: the only values it may have."""

    name: str
    type: str | None = None
    words: tuple[str, ...] = ()
    at: int = field(default=0, compare=False)  # 0-based column in the template


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """A part that may be missing."""

    parts: tuple[Node, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Part:
    """Another template, by its name in the pack."""

    name: str
    at: int = field(default=0, compare=False)


Node = Text | Field | Choice | Optional | Part


@dataclass(frozen=True, slots=True)
class Template:
    """The tree of one pattern."""

    parts: tuple[Node, ...]


class PatternError(ValueError):
    """A mistake in a pattern: 0-based column, what is wrong, what to try."""

    def __init__(self, column: int, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.column, self.message, self.hint = column, message, hint


_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_WORDS = r"[^{}|]+(?:\|[^{}|]+)+"
_UNCLEAR = re.compile(r"\{\?([^{}]*\|[^{}]*)\}")


@cache
def _grammar() -> pp.ParserElement:
    def split(words: str | None) -> tuple[str, ...]:
        return tuple(words.split("|")) if words else ()

    text = pp.Regex(r"(?:[^{}]|\{\{|\}\})+")
    inner_text = pp.Regex(r"(?:[^{}]|\{\{)+")  # in an optional part `}}` closes two of them
    for literal in (text, inner_text):
        literal.set_parse_action(lambda t: Text(t[0].replace("{{", "{").replace("}}", "}")))
    # Fields are single tokens: one made of smaller ones takes four times as long to read.
    slot = pp.Regex(rf"\{{(?P<name>{_NAME})(?::(?:(?P<words>{_WORDS})|(?P<type>{_NAME})))?\}}")
    slot.set_parse_action(lambda s, at, t: Field(t.name, t.type or None, split(t.words), at))
    choice = pp.Regex(rf"\{{(?!\?)(?P<words>{_WORDS})\}}")
    choice.set_parse_action(lambda t: Choice(split(t.words)))
    named = pp.Regex(rf"\{{@(?P<name>{_NAME})\}}")
    named.set_parse_action(lambda s, at, t: Part(t.name, at))
    part = pp.Forward()
    inner = inner_text | slot | choice | named | part
    part <<= pp.Suppress("{?") + pp.OneOrMore(inner) + pp.Suppress("}")
    part.set_parse_action(lambda s, at, t: Optional(tuple(t), at))
    grammar = pp.OneOrMore(text | slot | choice | named | part) + pp.StringEnd()
    for element in grammar.visit_all():  # type: ignore[no-untyped-call]
        element.leave_whitespace(recursive=False)
    return grammar.parse_with_tabs()


def parse(template: str) -> Template:
    """The tree of a template. Raises PatternError with the column of the mistake."""
    _check_braces(template)
    if unclear := _UNCLEAR.search(template):
        raise PatternError(
            unclear.start(), f"{unclear[0]} may be one text or several words.",
            f"Write '{{?{{{unclear[1]}}}}}' for words one of which may be there."
        )  # fmt: skip
    try:
        return Template(tuple(_grammar().parse_string(template)))
    except pp.ParseBaseException as error:
        raise _unreadable(template, error.loc) from None


def _check_braces(template: str) -> None:
    """Every brace has its partner. Said here, because a grammar can only say "expected }"."""
    if not template:
        raise PatternError(0, "the pattern is empty.", "Write the line as the log has it.")
    opened: list[int] = []
    column = 0
    while column < len(template):
        pair = template[column : column + 2]
        if pair in ("{{", "}}") and not (pair == "}}" and opened):
            column += 1
        elif template[column] == "{":
            opened.append(column)
        elif template[column] == "}":
            if not opened:
                raise PatternError(
                    column, "'}' closes nothing.", "Write '}}' for the brace itself."
                )
            opened.pop()
        column += 1
        if len(opened) > MAX_NESTING:
            raise PatternError(opened[-1], f"more than {MAX_NESTING} parts within parts.")
    if opened:
        raise PatternError(
            opened[-1],
            "'{' is never closed.",
            "Close it with '}', or write '{{' for the brace itself.",
        )


def _unreadable(template: str, at: int) -> PatternError:
    start = template.rfind("{", 0, at + 1)
    start = at if start < 0 else start
    end = template.find("}", start)
    slot = template[start : end + 1]
    if slot in ("{}", "{?}"):
        return PatternError(start, f"{slot} says nothing.", "Write '{_}' to skip a word.")
    if "|" in slot:
        return PatternError(
            start, f"{slot} has an empty choice.", "Write '{? ...}' for an optional part."
        )
    return PatternError(
        start,
        f"{slot} is no field.",
        "A field is '{name}' or '{name:type}', an optional part '{? ...}'.",
    )


def expand(template: Template, parts: Mapping[str, Template]) -> Template:
    """The template with every `{@name}` replaced. Raises PatternError for an unknown name.

    A part may not use parts: one level is enough to say things once, and cannot go in circles.
    """

    def replaced(nodes: Iterable[Node]) -> Iterable[Node]:
        for node in nodes:
            if isinstance(node, Part):
                if node.name not in parts:
                    hint = did_you_mean(node.name, parts) if parts else "The pack has no 'parts'."
                    raise PatternError(node.at + 2, f"unknown part {node.name!r}.", hint)
                yield from parts[node.name].parts
            elif isinstance(node, Optional):
                yield Optional(tuple(replaced(node.parts)), node.at)
            else:
                yield node

    return Template(tuple(replaced(template.parts)))


def check(template: Template) -> None:
    """Names and types are known, no two fields touch. Raises PatternError."""
    for node in _fields(template.parts):
        if node.name not in DEFAULTS:
            raise PatternError(
                node.at + 1, f"unknown field {node.name!r}.", did_you_mean(node.name, DEFAULTS)
            )
        if node.type is not None and node.type not in TYPES:
            column = node.at + 2 + len(node.name)
            raise PatternError(
                column, f"unknown type {node.type!r}.", did_you_mean(node.type, TYPES)
            )


def _fields(parts: Iterable[Node]) -> Iterable[Field]:
    for node in parts:
        if isinstance(node, Field):
            yield node
        elif isinstance(node, Optional):
            yield from _fields(node.parts)


def unparse(template: Template) -> str:
    """The template as text again."""
    return "".join(map(_unparse, template.parts))


def _unparse(node: Node) -> str:
    match node:
        case Text(text):
            return text.replace("{", "{{").replace("}", "}}")
        case Part(name):
            return "{@" + name + "}"
        case Choice(words):
            return "{" + "|".join(words) + "}"
        case Optional(parts):
            return "{?" + "".join(map(_unparse, parts)) + "}"
        case Field(name, kind, words):
            suffix = "|".join(words) or kind
            return "{" + name + (f":{suffix}" if suffix else "") + "}"
