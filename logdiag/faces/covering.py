"""The coverage of rules and format packs, as `rules test` prints it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from logdiag.engines.coverage import Coverage, Patterns
from logdiag.faces.words import clipped, plural


def covered(rules: Sequence[Coverage], packs: Sequence[Patterns]) -> str:
    """A row for each rule with the cases that it has and what none of them shows; then packs."""
    lines = [*_rules(rules), "", *_packs(packs), "", _share(rules, packs)]
    return "\n" + "\n".join(lines) + "\n"


def _rules(rules: Sequence[Coverage]) -> Iterator[str]:
    width = max((len(one.rule) for one in rules), default=4)
    yield f"{'Rule':{width}}  Firing  Silent  Late  Not shown"
    for one in rules:
        unshown = "; ".join(_joined(one.unshown)) or "-"
        yield f"{one.rule:{width}}  {one.firing:6}  {one.silent:6}  {one.late:4}  {unshown}"


def _joined(unshown: Sequence[str]) -> Iterator[str]:
    """`unless a`, `unless b` as `unless a, b`."""
    for word, group in groupby(unshown, key=lambda text: text.partition(" ")[0]):
        yield f"{word} " + ", ".join(clipped(text.partition(" ")[2]) for text in group)


def _packs(packs: Sequence[Patterns]) -> Iterator[str]:
    for one in packs:
        for text in one.unshown:
            yield f"{clipped(one.file)}:{clipped(text, 200)}: no sample shows this pattern."
    shown = sum(one.patterns - len(one.unshown) for one in packs)
    patterns = sum(one.patterns for one in packs)
    yield f"{shown:,} of {plural(patterns, 'line pattern')} are shown by samples."


def _share(rules: Sequence[Coverage], packs: Sequence[Patterns]) -> str:
    parts = sum(one.parts for one in rules) + sum(one.patterns for one in packs)
    unshown = sum(len(one.unshown) for one in rules) + sum(len(one.unshown) for one in packs)
    share = 100 * (parts - unshown) // parts if parts else 100  # all of them is all of them
    return f"{share}% covered: {parts - unshown:,} of {parts:,} cases, conditions and patterns."
