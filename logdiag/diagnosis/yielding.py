"""Which findings explain others: a rule says to whom it yields, the lines say about what."""

from __future__ import annotations

from collections.abc import Iterable

from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.judgement import Judgement
from logdiag.diagnosis.view import View

Open = tuple[Judgement, Group]


def in_order(judgements: Iterable[Open]) -> list[Open]:
    """Those that yield to other findings come after them."""
    found = list(judgements)
    first = [one for one in found if not one[0].rule.yields_to]
    return first + [one for one in found if one[0].rule.yields_to]


def explained(judgement: Judgement, view: View, others: Iterable[Open]) -> str:
    """The rule of a finding that fires, is about the same, and names its cause better; else ""."""
    rule = judgement.rule
    better = [one for one, _ in others if one.state == "firing" and one.rule.id in rule.yields_to]
    if not better:
        return ""
    suspects = {life.number for life in rule.when.lives(view)}
    events = rule.when.events(view)
    lines: set[tuple[int, ...]] = {(seen.event.source, seen.event.offset) for seen in events}
    for other in better:
        if not suspects.isdisjoint(other.suspects) if suspects else _same(judgement, lines, other):
            return other.rule.id
    return ""


def explains(finding: Judgement, other: Judgement) -> bool:
    """Whether a finding names the cause of what another one, that fired, only sees."""
    if finding.rule.id not in other.rule.yields_to:
        return False
    if other.suspects:
        return not other.open.isdisjoint(finding.open)
    return _same(other, {proof[:2] for proof in other.evidence}, finding)


def _same(judgement: Judgement, lines: set[tuple[int, ...]], other: Judgement) -> bool:
    """Whether a judgement on events is about another's client, or mostly about its lines."""
    if judgement.client is not None and judgement.client == other.client:
        return True
    shared = lines.intersection(proof[:2] for proof in other.evidence)
    return bool(lines) and 2 * len(shared) >= len(lines)
