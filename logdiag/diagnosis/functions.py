"""What a rule's expression can ask: one table of values, functions and guards.

The reference in `rules/README.md` is generated from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from logdiag.diagnosis.groups import Group, Seen
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.view import Service, View

Type = str  # "number", "duration", "condition"; as parameters also "kind", "field", "quantile"


@dataclass(frozen=True, slots=True)
class Function:
    """One name of the language: its parameters' types, what it gives, and how it is computed."""

    name: str
    parameters: tuple[Type, ...]
    result: Type
    doc: str
    run: Callable[..., Any]
    lives: Callable[..., Iterable[Life]] | None = None  # the connections that it counts
    events: Callable[..., Iterable[Seen]] | None = None  # the events that it counts
    of_service: Callable[[Service], int] | None = None  # the same value, where no group matters
    # By its first argument: the most that it can give for a group, quickly.
    at_most: Callable[[str], Callable[[Group], int]] | None = None


def _live(view: View) -> Iterator[Life]:
    return view.lives()


def _count_live(view: View) -> int:
    return len(view.group.lives) if view.is_now else sum(1 for _ in view.lives())


def _rise(view: View, _series: str) -> int:
    return sum(1 for _ in _risen(view))


def _risen(view: View, _series: str = "live") -> Iterator[Life]:
    return (life for life in view.lives_backwards() if view.in_window(life))


def _surplus(view: View) -> Iterator[Life]:
    return iter(()) if view.anonymous else view.marked("surplus")


def _mark_of(kind: str) -> str:
    return "reconnect" if kind in ("closed", "reconnect") else "auth_failure"


def _after(view: View, kind: str) -> Iterator[Life]:
    return view.marked(_mark_of(kind))


def _count_after(view: View, kind: str) -> int:
    return view.proofs(_mark_of(kind))


def _at_most_after(kind: str) -> Callable[[Group], int]:
    mark = _mark_of(kind)
    return lambda group: (
        min(len(group.lives), len(group.pairs))
        if group.anonymous
        else len(group.proofs.get(mark, ()))
    )


def _at_most_marked(mark: str) -> Callable[[str], Callable[[Group], int]]:
    return lambda _: lambda group: len(group.marked.get(mark, ()))


def _older(view: View, age: float) -> Iterator[Life]:
    return (life for life in view.lives() if (view.age(life) or 0) >= age)


def _twins(view: View) -> Iterator[Life]:
    if view.anonymous:
        return iter(())
    return (life for life in view.marked("twin") if view.twin_lives(life))


def _pairs(view: View, first: str, second: str) -> int:
    pairs, waiting = 0, False
    for seen in view.events(first, second):
        if seen.event.kind == first:
            waiting = True
        elif waiting:
            pairs, waiting = pairs + 1, False
    return pairs


def _distinct(view: View, name: str) -> int:
    values = {getattr(seen.event, name) for seen in view.events()}
    return len(values - {None})


def _number(items: Callable[..., Iterable[Any]]) -> Callable[..., int]:
    return lambda view, *arguments: sum(1 for _ in items(view, *arguments))


def _events(view: View, *kinds: str) -> Iterator[Seen]:
    return view.events(*kinds)


_TABLE = (
    Function("live", (), "number", "Live connections of the group.", _count_live, _live),
    Function(
        "limit", (), "number",
        "How many live connections one client may have: 2, or twice the 95th percentile of the "
        "other clients where there are at least 8.",
        lambda view: view.limit(),
    ),
    Function(
        "drift", (), "number",
        "How many more connections the server says it holds than its own lines account for.",
        lambda view: view.service.drift(), of_service=lambda service: service.drift(),
    ),
    Function(
        "closes", (), "number", "Connections of the service that closed so far.",
        lambda view: view.service.closes(), of_service=lambda service: service.closes(),
    ),
    Function("settle", (), "duration", "The settle time S.", lambda view: view.service.settle),
    Function(
        "twins", (), "number",
        "Live connections that opened within 2 s (4 lines) of another one of the same client and "
        "path, both still live.",
        _number(_twins), _twins, at_most=_at_most_marked("twin"),
    ),
    Function(
        "surplus", (), "number",
        "Live connections that opened within 5 s (10 lines) of a loss that had been made good.",
        _number(_surplus), _surplus, at_most=_at_most_marked("surplus"),
    ),
    Function(
        "count", ("kind",), "number", "Events of that kind within the window.",
        _number(_events), events=_events,
    ),
    Function(
        "distinct", ("field",), "number",
        "Different values of that field among the window's events.", _distinct,
    ),
    Function(
        "pairs", ("kind", "kind"), "number",
        "How often, within the window, an event of the first kind is followed by one of the "
        "second.", _pairs, events=_events,
    ),
    Function(
        "rise", ("series",), "number",
        "`rise(live)`: connections that opened within the window and are still live.",
        _rise, _risen,
    ),
    Function(
        "opened_after", ("kind",), "number",
        "How many refused requests (`auth_failure`) or losses (`closed`, `reconnect`) came just "
        "before (5 s, 10 lines) the opening of a connection that is still live.",
        _count_after, _after, at_most=_at_most_after,
    ),
    Function(
        "older", ("duration",), "number", "Live connections at least that old.",
        _number(_older), _older,
    ),
    Function(
        "lifetime", ("quantile",), "duration",
        "A quantile (`p50`, `p99.5`) of the lifetimes of the service's closed connections.",
        lambda view, share: view.service.lifetimes.quantile(share) or float("inf"),
    ),
)  # fmt: skip

FUNCTIONS: dict[str, Function] = {function.name: function for function in _TABLE}
