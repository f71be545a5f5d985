"""Strict reading of definition files (formats, rules): every mistake is told, with its place."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import yaml

from logdiag.errors import Problem

SUFFIXES = (".yaml", ".yml")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times faster


class Place(NamedTuple):
    """Where a value stands: 1-based line and column of its first character."""

    line: int
    column: int


@dataclass
class Decoder:
    """Decodes the nodes of one file, and collects the problems it meets."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)

    def compose(self, text: str) -> yaml.Node | None:
        """The root node of `text`, or None with a problem noted."""
        self._lines = text.splitlines()
        try:
            node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
            message = f"this is no YAML: {error.problem or error.context}."
            self.note(place, message, "Quote texts that hold ': ' or '{'.")
            return None
        except yaml.YAMLError as error:  # a character that YAML forbids
            self.note(Place(1, 1), f"this is no YAML: {error}.".replace("\n", " "))
            return None
        if node is None:
            self.note(Place(1, 1), "the file is empty.", "See rules/README.md.")
        return node

    def place_within(self, node: yaml.Node, line: int, column: int) -> Place:
        """The place in the file of the 0-based `line` and `column` of a node's value."""
        start = place_of(node)
        if getattr(node, "style", None) in ("|", ">"):
            first = self._lines[start.line - 1]  # its indentation is the block's
            column += len(first) - len(first.lstrip(" "))
        elif not line:
            column += start.column - 1
        return Place(start.line + line, column + 1)

    def note(self, place: Place, message: str, hint: str = "") -> None:
        """Note a problem at a place."""
        self.problems.append(Problem(self.file, place.line, place.column, message, hint))

    def problem(self, node: yaml.Node, message: str, hint: str = "") -> None:
        """Note a problem with a node."""
        self.note(place_of(node), message, hint)

    def mapping(
        self, node: yaml.Node, what: str, known: Collection[str], needed: Collection[str]
    ) -> dict[str, yaml.Node]:
        """The values of a mapping by key; unknown, doubled and missing keys are problems."""
        if not isinstance(node, yaml.MappingNode):
            hint = f"Write 'key: value' with {', '.join(needed or known)}."
            self.problem(node, f"{what} is no mapping.", hint)
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
        """A scalar's text; empty, with a problem, where the node is none."""
        if node is None:
            return ""
        if isinstance(node, yaml.ScalarNode) and node.value != "":
            return str(node.value)
        self.problem(node, f"{what} is no text.", "Write one value.")
        return ""

    def items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        """The entries of a list."""
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
        """A text that must be one of `known`."""
        word = self.text(node, what)
        if node is not None and word and word not in known:
            self.problem(node, f"unknown {what} {word!r}.", did_you_mean(word, known))
        return word

    def whole(self, node: yaml.Node | None, what: str) -> int | None:
        """A whole number, 0 or more."""
        word = self.text(node, what)
        if not word:
            return None
        if word.isdecimal() and len(word) < 10:
            return int(word)
        assert node is not None
        self.problem(node, f"{what} is a whole number, not {word!r}.")
        return None


def files_at(place: Path) -> list[Path]:
    """The definition files of a directory, by name, or the one file that was named; may be none."""
    found = [place] if place.is_file() else place.glob("*")
    return sorted(path for path in found if path.suffix in SUFFIXES)


def keys_of(text: str) -> set[str]:
    """The keys on top of a file, whatever else is wrong with it."""
    root = Decoder("").compose(text)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return {str(key.value) for key, _ in pairs}


def place_of(node: yaml.Node) -> Place:
    """Where a node's text begins: behind the quote, or on the line below `|`."""
    mark = node.start_mark
    style = getattr(node, "style", None)
    if style in ("|", ">"):
        return Place(mark.line + 2, 1)
    return Place(mark.line + 1, mark.column + 1 + (style in ('"', "'")))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint for a misspelt word: its nearest neighbour, else all the words there are."""
    names = sorted(known)
    near = [name for name in names if name.lower() == word.lower()]
    near += difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    prefixed = [name for name in names if len(name) > 2 and word.startswith(name)]
    guess = near or prefixed
    return f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(names)}."
