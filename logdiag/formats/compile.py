r"""A template becomes a regular expression that cannot backtrack, and the literals to find it by.

Python's `re` matches one short line in 0.3 microseconds with its groups, google-re2's binding in
3 to 6 (measured, see docs), so templates run on `re`. That is safe because no template can go
back over what it took: every run of characters is possessive, every choice and shape atomic,
every optional part possessive, so each character is looked at a bounded number of times
(by the literals that may follow, whose number and length the template fixes). What this costs in
meaning is one rule that is easy to say: *a field ends where the text that follows it begins*.
A raw `regex:` can hold anything, so it runs on RE2, whose automaton is linear by construction.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import re2

from logdiag.definitions import did_you_mean
from logdiag.formats.fields import DEFAULTS, FIELDS, TYPES, Convert
from logdiag.formats.language import (
    Choice,
    Field,
    Node,
    Optional,
    PatternError,
    Template,
    Text,
)

MIN_LITERAL = 3  # bytes; a shorter one is in every other line
MAX_SPELLINGS = 8  # literals that the choices of one pattern may multiply to


@dataclass(frozen=True)
class Program:
    """What runs: `source` for `re`, or `regex`, an RE2 object, for raw expressions.

    `fields` are the capture groups in order, group 1 first: (field name, converter).
    `head` is where `source` begins, up to its first optional part: a line that it does not match
    is none of the pattern's.
    `literals`: alternative sets, the best first; one text of the chosen set is in every line.
    """

    source: str
    fields: tuple[tuple[str, Convert | None], ...]
    literals: tuple[tuple[str, ...], ...]
    head: str = ""
    head_fields: int = 0  # how many groups it has
    texts: tuple[str, ...] = ()  # literal texts that every line has, as every encoding spells them
    regex: Any = field(default=None, compare=False)


def compile_template(template: Template) -> Program:
    """The program of a checked template. Raises PatternError where two fields touch."""
    names: list[tuple[str, Convert | None]] = []
    parts = template.parts
    fixed = next((n for n, node in enumerate(parts) if isinstance(node, Optional)), len(parts))
    tail, first = _sequence(parts[fixed:], ())
    head, _ = _sequence(parts[:fixed], first)
    _names(parts[:fixed], names)
    in_head = len(names)
    _names(parts[fixed:], names)
    texts = tuple(
        node.text for node in parts
        if isinstance(node, Text) and len(node.text) >= MIN_LITERAL
        and usable(node.text) == node.text.strip(" ")
    )  # fmt: skip
    return Program(head + tail, tuple(names), literal_sets(template), head, in_head, texts)


def compile_regex(text: str) -> Program:
    """The program of a raw RE2 expression. Raises PatternError with RE2's own words."""
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    try:
        program = re2.compile(text, options)
    except re2.error as error:
        words = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        part = words.rpartition(": ")[2]
        raise PatternError(
            max(text.find(part), 0), f"RE2 does not take this: {words}.",
            "RE2 has no look-around and no back-references; see github.com/google/re2/wiki/Syntax."
        ) from None  # fmt: skip
    by_group = {group: name for name, group in program.groupindex.items()}
    names: list[tuple[str, Convert | None]] = []
    for group in range(1, program.groups + 1):
        name = by_group.get(group, "_")
        if name not in DEFAULTS:
            column = max(text.find(f"<{name}>") + 1, 0)
            raise PatternError(column, f"unknown field {name!r}.", did_you_mean(name, FIELDS))
        names.append((name, TYPES[DEFAULTS[name]].convert))
    return Program(text, tuple(names), (), regex=program)


def _names(parts: Iterable[Node], names: list[tuple[str, Convert | None]]) -> None:
    for node in parts:
        if isinstance(node, Field) and node.name != "_":
            names.append((node.name, _convert(node)))
        elif isinstance(node, Optional):
            _names(node.parts, names)


def _convert(node: Field) -> Convert | None:
    if node.words:
        return TYPES[DEFAULTS[node.name]].convert
    return TYPES[node.type or DEFAULTS[node.name]].convert


def _sequence(parts: Sequence[Node], after: tuple[Node, ...]) -> tuple[str, tuple[Node, ...]]:
    """The expression of `parts`, and the nodes one of which comes first in it.

    `after`: the nodes one of which follows; empty where only the line's end does.
    """
    source = ""
    for node in reversed(parts):
        match node:
            case Text(text):
                source = re.escape(text) + source
                after = (node,)
            case Choice(words):
                source = _words(words) + source
                after = (node,)
            case Field():
                source = _field(node, after) + source
                after = (node,)
            case Optional(inner):
                part, first = _sequence(inner, after)
                source = f"(?>(?:{part})?)" + source
                after = (*first, *after)
    return source, after


def _words(words: Iterable[str]) -> str:
    return f"(?>{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})"


def _field(node: Field, after: tuple[Node, ...]) -> str:
    kind = TYPES[node.type or DEFAULTS[node.name]]
    if node.words:
        body = _words(node.words)
    elif kind.run:
        body = _run(node, kind.run, after)
    else:
        body = f"(?>{kind.shape})"
    return body if node.name == "_" else f"({body})"


def _run(node: Field, run: str, after: tuple[Node, ...]) -> str:
    """One or more characters of the class, up to the first place where `after` could begin."""
    stops: list[str] = []
    for follower in after:
        match follower:
            case Text(text):
                stops.append(text)
            case Choice(words):
                stops.extend(words)
            case Field(name) if follower.words:
                stops.extend(follower.words)
            case Field(name):
                raise PatternError(
                    node.at, f"nothing tells where {{{node.name}}} ends and {{{name}}} begins.",
                    "Put text between them, or give the first one a type that says its shape."
                )  # fmt: skip
    one = re.compile(f"[{run}]")
    stops = [re.escape(stop) for stop in stops if one.match(stop)]
    return f"(?>(?:(?!{'|'.join(stops)})[{run}])+)" if stops else f"[{run}]++"


def literal_sets(template: Template) -> tuple[tuple[str, ...], ...]:
    """Sets of literals, best first: of each set, one is in every line that matches."""
    sets: list[tuple[str, ...]] = []
    segment: list[tuple[str, ...]] = []
    for node in (*template.parts, Optional(())):
        match node:
            case Text(text):
                segment.append((text,))
            case Choice(words) | Field(words=words) if words:
                segment.append(words)
            case _:
                sets.extend(_spellings(segment))
                segment = []
    return tuple(sorted(dict.fromkeys(sets), key=strength, reverse=True))


def _spellings(segment: Sequence[tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    """Every neighbourhood of a run of texts and choices, spelt out, where that stays small."""
    for start, end in itertools.combinations(range(len(segment) + 1), 2):
        texts = {"".join(words) for words in itertools.islice(
            itertools.product(*segment[start:end]), MAX_SPELLINGS + 1)}  # fmt: skip
        safe = sorted({usable(text) for text in texts})
        if len(texts) <= MAX_SPELLINGS and min(map(len, safe)) >= MIN_LITERAL:
            yield tuple(safe)


def usable(text: str) -> str:
    """The longest part of a text that every encoding of a line spells alike; no blanks around.

    JSON escapes quotes, backslashes and what is not ASCII. A quote may lead: its backslash would
    stand before it.
    """
    pieces: list[str] = []
    start = 0
    for match in re.finditer(r"[^\x20-\x7e]|[\\\"]", text):
        pieces.append(text[start : match.start()])
        start = match.start() if match[0] == '"' else match.end()
    pieces.append(text[start:])
    return max((piece.strip(" ") for piece in pieces), key=len)


def strength(literals: tuple[str, ...]) -> float:
    """How good a set is to search for: few, long, and beginning unlike ordinary log text."""
    weakest = min(min(len(text), 20) + _rarity(text[:3]) for text in literals)
    return weakest - 4 * (len(literals) - 1)


def _rarity(start: str) -> float:
    common = sum(letter in " etaoinsrhld0123456789" for letter in start)
    return 3.0 - common
