"""Leak rules: what their YAML says (`RuleSpec`), decoded strictly, and what runs (`Rule`)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, cast

import yaml

from logdiag.definitions import Decoder, Place, place_of
from logdiag.diagnosis.checking import Condition, condition
from logdiag.diagnosis.expression import ExpressionError, parse_duration
from logdiag.diagnosis.groups import BY
from logdiag.diagnosis.mistakes import mistakes
from logdiag.diagnosis.rulecases import CaseSpec, Names, read_cases
from logdiag.errors import Problem
from logdiag.model import CONFIDENCES, LEVELS, SECOND, Confidence, Level

DEFAULT_WITHIN: Final = 30 * SECOND
DEFAULT_LINES: Final = 40  # the window where the log has no clock
DEFAULT_KEEP: Final = 300 * SECOND

_KEYS = (
    "title", "id", "status", "level", "description", "references", "falsepositives", "author",
    "by", "requires", "within", "when", "unless", "for", "keep_firing_for", "at_end",
    "yields_to", "leak", "confidence", "cause", "fix", "tests",
)  # fmt: skip
_NEEDED = ("title", "id", "level", "when", "cause", "fix", "tests")
_STATUS = ("stable", "test", "experimental", "deprecated", "unsupported")  # Sigma's
_WITHIN = re.compile(r"(?:(?P<time>[\d.]+\w+))?(?:\s+or\s+)?(?:(?P<lines>\d+)\s+lines?)?\Z")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that runs. Durations in ns; `hold` None is the settle time."""

    id: str
    title: str
    level: Level
    by: tuple[str, ...]
    requires: tuple[str, ...]
    within: int
    within_lines: int
    when: Condition
    unless: Condition | None
    hold: int | None
    keep: int
    fires_at_end: bool
    yields_to: tuple[str, ...]
    confidence: tuple[tuple[Confidence, Condition], ...]
    cause: str
    fix: str
    leak: bool = True
    status: str = "stable"
    description: str = ""
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    tests: tuple[CaseSpec, ...] = ()
    file: str = ""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)  # key -> its value's

    @property
    def digest(self) -> str:
        """What two rules have in common that judge alike, whatever they say about it."""
        asked = [one.text for one in self.conditions]
        judging = (
            self.by, self.requires, self.within, self.within_lines, self.hold, self.keep,
            self.fires_at_end, self.yields_to, self.level, self.unless is None, asked,
        )  # fmt: skip
        return hashlib.blake2b(repr(judging).encode(), digest_size=8).hexdigest()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All that it asks."""
        unless = (self.unless,) if self.unless is not None else ()
        return (self.when, *unless, *(test for _, test in self.confidence))

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of events that are kept for it: to be counted, or as the evidence of `when`."""
        return self.when.kinds.union(*(test.keeps for test in self.conditions))

    @property
    def baselines(self) -> frozenset[tuple[str, ...]]:
        """Kinds of events, and pairs of kinds, that it compares with what is usual."""
        return frozenset().union(*(test.baselines for test in self.conditions))

    def concerns(self, key: Sequence[str | None]) -> bool:
        """Whether a group has what the rule requires of it; `key` goes with `by`."""
        return not self.requires or all(
            key[self.by.index(name)] is not None for name in self.requires if name in self.by
        )


def read_rule(
    text: str, file: str, names: Names = MappingProxyType({})
) -> tuple[Rule | None, list[Problem]]:
    """Decode and compile one rule file. Never raises for what the text holds.

    `names`: what a test may call a simulated "case" and its "format"; anything, if not given.
    """
    decoder = Decoder(file)
    node = decoder.compose(text)
    if node is None:
        return None, decoder.problems
    rule = _rule(decoder, node, names)
    problems = sorted(decoder.problems, key=lambda one: (one.line, one.column))
    return (None if problems else rule), problems


def _rule(decoder: Decoder, node: yaml.Node, names: Names) -> Rule | None:
    keys = decoder.mapping(node, "the rule", _KEYS, _NEEDED)
    when = _condition(decoder, keys.get("when"))
    within, lines = _within(decoder, keys.get("within"))
    level = decoder.word(keys.get("level"), "level", LEVELS)
    tests = read_cases(decoder, keys.get("tests"), names)
    by = _fields(decoder, keys.get("by"))
    _asks_by_client(decoder, keys.get("when"), when, by)
    unless = _condition(decoder, keys.get("unless"))
    confidence = _confidence(decoder, keys.get("confidence"))
    if when is None:
        return None
    return Rule(
        id=_identifier(decoder, keys.get("id")),
        title=decoder.text(keys.get("title"), "title"),
        level=cast("Level", level),  # `word` checked it
        by=by,
        requires=_fields(decoder, keys.get("requires")),
        within=within,
        within_lines=lines,
        when=when,
        unless=unless,
        hold=_duration(decoder, keys.get("for"), None, settle=True),
        keep=_duration(decoder, keys.get("keep_firing_for"), DEFAULT_KEEP) or 0,
        fires_at_end=decoder.word(keys.get("at_end"), "at_end", ("fire", "wait")) == "fire",
        yields_to=decoder.texts(keys.get("yields_to"), "yields_to"),
        confidence=confidence,
        cause=decoder.text(keys.get("cause"), "cause").strip(),
        fix=decoder.text(keys.get("fix"), "fix").strip(),
        leak=decoder.word(keys.get("leak"), "leak", ("true", "false")) != "false",
        status=decoder.word(keys.get("status"), "status", _STATUS) or "stable",
        description=decoder.text(keys.get("description"), "description").strip(),
        references=decoder.texts(keys.get("references"), "references"),
        falsepositives=decoder.texts(keys.get("falsepositives"), "falsepositives"),
        tests=tests,
        file=decoder.file,
        places={name: place_of(value) for name, value in keys.items()},
    )


def _condition(decoder: Decoder, node: yaml.Node | None) -> Condition | None:
    text = decoder.text(node, "the condition")
    if node is None or not text:
        return None
    try:
        return condition(text)
    except ExpressionError:
        for one in mistakes(text):
            line = text.count("\n", 0, one.column)
            column = one.column - (text.rfind("\n", 0, one.column) + 1)
            place = decoder.place_within(node, line, column)
            decoder.note(place, f"{one.message.removesuffix('.')}.", one.hint)
        return None


def _confidence(
    decoder: Decoder, node: yaml.Node | None
) -> tuple[tuple[Confidence, Condition], ...]:
    if node is None:
        return ()
    keys = decoder.mapping(node, "confidence", CONFIDENCES, ())
    found = {name: _condition(decoder, value) for name, value in keys.items()}
    order: tuple[Confidence, ...] = ("high", "medium", "low")
    return tuple((name, test) for name in order if (test := found.get(name)))


def _fields(decoder: Decoder, node: yaml.Node | None) -> tuple[str, ...]:
    """The `by` fields; `service` is always one and says nothing more."""
    names = decoder.texts(node, "by")
    for name in names:
        if node is not None and name != "service" and name not in BY:
            decoder.problem(node, f"unknown field {name!r}.", f"Known: service, {', '.join(BY)}.")
    return tuple(name for name in names if name != "service")


def _within(decoder: Decoder, node: yaml.Node | None) -> tuple[int, int]:
    text = decoder.text(node, "within")
    match = _WITHIN.match(text)
    if node is None:
        return DEFAULT_WITHIN, DEFAULT_LINES
    if not match or not text:
        hint = "Write it like 30s, 40 lines, or 30s or 40 lines."
        decoder.problem(node, f"{text!r} is no window.", hint)
        return DEFAULT_WITHIN, DEFAULT_LINES
    lines = int(match["lines"] or DEFAULT_LINES)
    if not match["time"]:
        return DEFAULT_WITHIN, lines
    within = _parse_duration(decoder, node, match["time"])
    return DEFAULT_WITHIN if within is None else within, lines


def _duration(
    decoder: Decoder, node: yaml.Node | None, default: int | None, *, settle: bool = False
) -> int | None:
    text = decoder.text(node, "the duration")
    if node is None or not text or (settle and text == "settle"):
        return default
    return _parse_duration(decoder, node, text)


def _parse_duration(decoder: Decoder, node: yaml.Node, text: str) -> int | None:
    try:
        return parse_duration(text)
    except ExpressionError as error:
        decoder.problem(node, error.message, error.hint)
        return None


def _asks_by_client(
    decoder: Decoder, node: yaml.Node | None, when: Condition | None, by: tuple[str, ...]
) -> None:
    if node is not None and when is not None and when.of_client and by != ("client",):
        hint = "Write by: [service, client]."
        decoder.problem(node, f"{when.of_client!r} asks about a client.", hint)


def _identifier(decoder: Decoder, node: yaml.Node | None) -> str:
    text = decoder.text(node, "id")
    if node is not None and text and not re.fullmatch(r"[a-z0-9][a-z0-9-]*", text):
        decoder.problem(node, f"id {text!r} is no name.", "Use lower-case words and '-'.")
    return text
