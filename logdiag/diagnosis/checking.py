"""An expression's tree becomes something that runs, once every name and type in it is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from logdiag.definitions import did_you_mean
from logdiag.diagnosis import counting
from logdiag.diagnosis.behind import NOTHING, Behind, Kept, Those, Use, both, in_turn, where
from logdiag.diagnosis.counting import EARLIER, mark_of
from logdiag.diagnosis.derived import COUNTABLE
from logdiag.diagnosis.expression import (
    Binary,
    Call,
    ExpressionError,
    Name,
    Node,
    Number,
    Span,
    Unary,
    counted,
    parse,
    unparse,
    walk,
)
from logdiag.diagnosis.functions import FUNCTIONS, Function
from logdiag.diagnosis.guards import GUARDS
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.measures import Measure, Mismatch, combined
from logdiag.diagnosis.possible import Bound, Possible, bounds, of_lone, possible
from logdiag.diagnosis.questions import asked
from logdiag.diagnosis.terms import (
    CALCULATIONS,
    COMPARISONS,
    Argument,
    Both,
    Constant,
    Either,
    Guarded,
    Not,
    Predicate,
    Quantity,
    Word,
)  # fmt: skip
from logdiag.diagnosis.view import View
from logdiag.diagnosis.windows import Seen
from logdiag.model import KINDS, Event

_FIELDS = Event._fields[Event._fields.index("connection") :]
_NAMES = {
    "kind": COUNTABLE, "logged kind": KINDS, "prior kind": EARLIER, "field": _FIELDS,
    "series": ("live",),
}  # fmt: skip
_QUANTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)\Z")
_Calls = Sequence[tuple[Function, tuple[Node, ...]]]


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked expression: whether it holds, and which connections and events made it so."""

    text: str
    test: Predicate
    kinds: frozenset[str]  # kinds of events that it counts
    keeps: frozenset[str]  # those of them that must be kept for it; a baseline has its own numbers
    guards: tuple[str, ...]
    of_client: str  # the first function that asks about the client of a group, if any
    of_server: bool  # how its clients are known does not matter
    compares: bool  # with the service's other connections
    of_lives: bool  # it asks for the group's connections
    marks: frozenset[str]  # of openings that it asks for
    # A cheap first look: False only if the condition cannot hold for the group as it is now.
    possible: Possible
    bounds: tuple[Bound, ...] | None  # one of them must be reached; None: nothing is known
    of_lone: bool  # whether it may hold for a group of one connection and no events
    baselines: frozenset[tuple[str, ...]]  # kinds to compare with what is usual, or pairs of them
    suspects: Function | None  # where it asks for these, a finding is about them and no others
    of_now: bool  # a finding is about those connections that make it hold now
    _witnesses: Behind
    _of_all: bool
    _events: tuple[Use, ...]
    _said: Behind

    def holds(self, view: View) -> bool:
        """Whether it does."""
        return self.test.holds(view)

    def lives(self, view: View) -> Iterable[Life]:
        """The connections that make it hold, each once: those that it counts one by one.

        A condition on `live` alone means all of the group; one on `drift` none, nor one on those
        that were left behind where there are none.
        """
        if self.suspects is not None and self.suspects.lives is not None:
            return self.suspects.lives(view)
        found = {life.number: life for use in self._witnesses.of(view) for life in use.of(view)}
        if not found and self._of_all:
            return view.lives()
        return found.values()

    def events(self, view: View) -> list[Seen]:
        """The events that it counts, in the order of the log."""
        found: list[Seen] = []
        for use in self._events:
            found += use.of(view)
        return found if len(found) < 2 else in_turn(found)

    def said(self, view: View) -> str:
        """The numbers behind it in words; "" if it has none to tell."""
        parts: dict[str, None] = {}
        for use in self._said.of(view):
            words: str = use.of(view)
            if words:
                parts.update(dict.fromkeys(words.split("; ")))
        return "; ".join(parts)


def condition(text: str) -> Condition:
    """Parse, check and compile a condition. Raises ExpressionError with the column (0-based)."""
    tree = parse(text)
    kind, test = compiled(tree)
    if not isinstance(test, Predicate):
        raise ExpressionError(0, f"this is a {kind}, not a condition", "Compare it: ... >= 2")
    calls = _uses(tree)
    suspects = next((function for function, _ in calls if function.suspects), None)
    return Condition(
        text=text,
        test=test,
        kinds=_kinds(calls),
        keeps=_kinds([(f, a) for f, a in calls if not f.baseline]),
        guards=tuple(n.name for n in walk(tree) if isinstance(n, Name) and n.name in GUARDS),
        of_client=next((function.name for function, _ in calls if function.of_client), ""),
        of_server=bool(calls) and all(function.of_server for function, _ in calls),
        compares=any(function.name == "chance" for function, _ in calls),
        of_lives=any(function.lives or function.of_lives for function, _ in calls),
        marks=frozenset(f.marks(*_names(a)) for f, a in calls if f.marks),
        possible=possible(tree) or Possible(),
        bounds=bounds(tree),
        of_lone=of_lone(tree),
        baselines=frozenset(
            tuple(_names(arguments)) for function, arguments in calls if function.baseline
        ),
        suspects=suspects,
        of_now=any(function.of_now for function, _ in calls),
        _witnesses=_behind(tree, lambda one: None if one.name == "live" else one.lives),
        _of_all=any(function.lives for function, _ in calls),
        _events=_events(_uses(counted(tree))),
        _said=_behind(tree, lambda one: one.said),
    )


def _events(calls: _Calls) -> tuple[Use, ...]:
    """What to ask for the events behind a condition: each of its questions once."""
    asked = {(f.events, *map(unparse, arguments)): (f, arguments) for f, arguments in calls}
    return tuple(_use(f.events, f, a) for f, a in asked.values() if f.events)


def _kinds(calls: _Calls) -> frozenset[str]:
    """The kinds of events that are counted; different values are counted among all kinds."""
    if any(function.name == "distinct" for function, _ in calls):
        return frozenset(KINDS)
    return frozenset(
        node.name
        for function, arguments in calls
        if function.events
        for node in arguments
        if isinstance(node, Name)
    )


def _behind(node: Node, pick: Callable[[Function], Callable[..., Any] | None]) -> Behind:
    """What to ask for what is behind a condition: of an `or`, of the sides that hold."""
    match node:
        case Unary():
            return NOTHING
        case Binary("and", left, right):
            return both(_behind(left, pick), _behind(right, pick))
        case Binary("or", left, right):
            return both(*[where(needed(one, "or"), _behind(one, pick)) for one in (left, right)])
    uses = [_use(ask, *use) for use in _uses(node) if (ask := pick(use[0]))]
    return Those(uses) if uses else NOTHING


def _names(arguments: Sequence[Node]) -> list[str]:
    return [node.name for node in arguments if isinstance(node, Name)]


def _uses(tree: Node) -> list[tuple[Function, tuple[Node, ...]]]:
    """The functions of a tree and what they are called with."""
    found = []
    for node in walk(tree):
        match node:
            case Call(name, arguments):
                found.append((FUNCTIONS[name], arguments))
            case Name(name) if name in FUNCTIONS and not FUNCTIONS[name].parameters:
                found.append((FUNCTIONS[name], ()))
    return found


def _use(ask: Callable[..., Any], function: Function, arguments: Sequence[Node]) -> Use:
    values = _arguments(function, arguments)
    return (Kept if ask is counting.events else Use)(ask, values)


def compiled(node: Node) -> tuple[Measure, Quantity | Predicate]:
    """The node's type and what works it out."""
    match node:
        case Number(value, percent):
            return "share" if percent else "number", Constant(value / 100 if percent else value)
        case Span(ns):
            return "duration", Constant(ns)
        case Name(name, at):
            return _name(name, at)
        case Call(name, arguments, at):
            return _call(name, arguments, at)
        case Unary(operand):
            return "condition", Not(needed(operand, "not"))
        case Binary("and" | "or" as word, left, right):
            one, other = needed(left, word), needed(right, word)
            return "condition", Both(one, other) if word == "and" else Either(one, other)
        case Binary():
            return _binary(node)


def _binary(node: Binary) -> tuple[Measure, Quantity | Predicate]:
    (left, one), (right, other) = compiled(node.left), compiled(node.right)
    try:
        measure = combined(node.operator, left, right)
    except Mismatch as error:
        raise ExpressionError(node.at, error.message, error.hint) from None
    assert isinstance(one, Quantity)
    assert isinstance(other, Quantity)
    if measure == "condition":
        return measure, COMPARISONS[node.operator](one, other)
    return measure, CALCULATIONS[node.operator](one, other)


def needed(node: Node, word: str) -> Predicate:
    """The node compiled, of which `word` needs that it is a condition."""
    found, term = compiled(node)
    if not isinstance(term, Predicate):
        raise ExpressionError(
            node.at, f"'{word}' needs a condition, this is a {found}", "Compare it: ... >= 2"
        )
    return term


def _name(name: str, at: int) -> tuple[Measure, Quantity | Predicate]:
    if name in GUARDS:
        return "condition", Guarded(GUARDS[name])
    function = FUNCTIONS.get(name)
    if function is None:
        known = [f.name for f in FUNCTIONS.values() if not f.parameters]
        raise ExpressionError(at, f"unknown name '{name}'.", did_you_mean(name, [*known, *GUARDS]))
    if function.parameters:
        wanted = ", ".join(function.parameters)
        raise ExpressionError(at, f"'{name}' is a function.", f"Write {name}({wanted}).")
    return function.result, asked(name, name, function.run)


def _call(name: str, arguments: tuple[Node, ...], at: int) -> tuple[Measure, Quantity]:
    function = FUNCTIONS.get(name)
    if name in GUARDS or (function is not None and not function.parameters):
        raise ExpressionError(at, f"'{name}' takes no arguments.", f"Write {name}.")
    if function is None:
        known = [f.name for f in FUNCTIONS.values() if f.parameters]
        raise ExpressionError(at, f"unknown function '{name}'.", did_you_mean(name, known))
    if len(arguments) != len(function.parameters):
        wanted = ", ".join(function.parameters)
        raise ExpressionError(
            at, f"'{name}' takes {len(function.parameters)} argument(s), not {len(arguments)}.",
            f"Write {name}({wanted}).",
        )  # fmt: skip
    text, given = unparse(Call(name, arguments)), _arguments(function, arguments)
    return function.result, asked(name, text, function.run, given)


def _arguments(function: Function, arguments: Sequence[Node]) -> list[Argument]:
    return [argument(*pair) for pair in zip(function.parameters, arguments, strict=True)]


def argument(wanted: str, node: Node) -> Argument:
    """The node compiled as a function's argument, of the kind that is wanted there."""
    if wanted == "duration":
        found, term = compiled(node)
        if found != wanted:
            raise ExpressionError(node.at, f"a {wanted} is wanted here, this is a {found}")
        return term
    name = node.name if isinstance(node, Name) else None
    if (known := _NAMES.get(wanted)) is not None:
        if name is None or name not in known:
            hint = did_you_mean(name or "", known)
            raise ExpressionError(node.at, f"a {wanted} is wanted here.", hint)
        return Word(mark_of(name) if wanted == "prior kind" else name)
    if not (match := _QUANTILE.match(name or "")):
        raise ExpressionError(node.at, "a quantile is wanted here.", "Write p50, p95 or p99.5.")
    return Word(float(match[1]) / 100)
