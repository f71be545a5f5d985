"""What the definitions' own tests and samples show, and what they leave unshown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import NamedTuple

from logdiag.diagnosis import Rule
from logdiag.diagnosis.checking import condition
from logdiag.diagnosis.expression import Binary, Node, parse, unparse
from logdiag.engines import ruletests
from logdiag.formats import Formats, not_shown
from logdiag.model import Confidence, Finding

Log = Sequence[str]  # as `ruletests.log_of` gives it


class Coverage(NamedTuple):
    """Of one rule: how many cases of each kind there are, and which of its parts none shows.

    Its parts are the three kinds of cases, each alternative of `unless` (shown by a silent case
    that fires without it), and each level of `confidence`.
    """

    rule: str
    firing: int
    silent: int
    late: int
    parts: int
    unshown: tuple[str, ...]


class Patterns(NamedTuple):
    """Of one format pack: how many patterns there are, and which of them no sample shows."""

    pack: str
    file: str
    patterns: int
    unshown: tuple[str, ...]  # "line: the pattern's text"


def of_rules(rules: Sequence[Rule], formats: Formats, beside: Sequence[Rule]) -> list[Coverage]:
    """The coverage of each rule, judged beside others as in its tests."""
    return [_of_rule(rule, [*beside], formats) for rule in rules]


def of_packs(formats: Formats) -> list[Patterns]:
    """The coverage of each pack by its samples."""
    return [
        Patterns(
            pack.name, pack.file, len(pack.patterns),
            tuple(f"{one.at.line}: {one.text}" for one in not_shown(formats, pack)),
        )
        for pack in formats.packs
    ]  # fmt: skip


def _of_rule(rule: Rule, beside: list[Rule], formats: Formats) -> Coverage:
    states = [
        {wish.get("state", "firing") for wish in case.expect if wish["rule"] == rule.id}
        for case in rule.tests
    ]
    logs = list(map(ruletests.log_of, rule.tests))
    quiet = sorted((log for log, state in zip(logs, states, strict=True) if not state), key=_size)
    firing = sum("firing" in state for state in states)
    late = sum("resolved" in state for state in states)
    cases = {"a firing case": firing, "a silent case": len(quiet), "a late close": late}
    unshown = [what for what, count in cases.items() if not count]
    unshown += [f"unless {part}" for part in _never_silenced(rule, quiet, beside, formats)]
    unshown += [f"confidence {level}" for level in _never_reached(rule, logs, beside, formats)]
    parts = len(cases) + len(_alternatives(rule)) + len(rule.confidence)
    return Coverage(rule.id, firing, len(quiet), late, parts, tuple(unshown))


def _size(log: Log) -> int:
    return sum(map(len, log))


def _never_reached(
    rule: Rule, logs: Sequence[Log], beside: list[Rule], formats: Formats
) -> list[Confidence]:
    """The levels of confidence that no finding has; short logs are asked first."""
    missing: list[Confidence] = [level for level, _ in rule.confidence]
    for found in _found(rule, sorted(logs, key=_size), beside, formats):
        missing = [level for level in missing if level != found.confidence]
        if not missing:
            break
    return missing


def _found(
    rule: Rule, logs: Iterable[Log], beside: list[Rule], formats: Formats
) -> Iterator[Finding]:
    """What the rule finds in some logs."""
    together = [rule if one.id == rule.id else one for one in beside]
    for log in logs:
        found = ruletests.findings(log, together, formats)
        yield from (one for one in found if one.rule == rule.id)


def _never_silenced(
    rule: Rule, quiet: Sequence[Log], beside: list[Rule], formats: Formats
) -> Iterator[str]:
    """The alternatives of `unless` without which no silent case would fire."""
    alternatives = _alternatives(rule)
    for place, part in enumerate(alternatives):
        others = alternatives[:place] + alternatives[place + 1 :]
        rest = condition(unparse(reduce(partial(Binary, "or"), others))) if others else None
        if not any(_found(replace(rule, unless=rest), quiet, beside, formats)):
            yield unparse(part)


def _alternatives(rule: Rule) -> list[Node]:
    """What `unless` joins by `or`."""
    return [] if rule.unless is None else [*_sides(parse(rule.unless.text))]


def _sides(node: Node) -> Iterator[Node]:
    match node:
        case Binary("or", left, right):
            yield from _sides(left)
            yield from _sides(right)
        case _:
            yield node
