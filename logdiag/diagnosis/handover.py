"""What was judged by one set of rules, handed over to another one, or to the same after a stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from logdiag.diagnosis.judgement import Judgement, fingerprint
from logdiag.diagnosis.rules import Rule


class Handover(NamedTuple):
    """Judgements that go on, and fingerprints of those that cannot: their rules are gone.

    A rule that groups otherwise now is another one. `orphaned` fire, `dropped` were suspected only.
    """

    kept: Sequence[Judgement] = ()
    orphaned: Sequence[str] = ()
    dropped: Sequence[str] = ()
    newcomers: Sequence[Rule] = ()  # rules that did not judge before, or did so otherwise
    renewed: bool = False  # whether the rules are others than they were


def described(rules: Sequence[Rule]) -> dict[str, Any]:
    """The rules as `hand_over` compares them, as plain JSON types."""
    return {rule.id: [rule.digest, rule.by] for rule in rules}


def hand_over(
    service: str, judgements: Sequence[dict[str, Any]], before: dict[str, Any],
    rules: Sequence[Rule],
) -> Handover:  # fmt: skip
    """Who judges on what. `before` are the rules that judged until now, as `described`."""
    known = {name: (digest, tuple(by)) for name, (digest, by) in before.items()}
    by_id = {rule.id: rule for rule in rules}
    kept: list[Judgement] = []
    orphaned: list[str] = []
    dropped: list[str] = []
    for plain in judgements:
        rule = by_id.get(plain["rule"])
        if rule is not None and rule.by == known[rule.id][1]:
            kept.append(Judgement.restored(service, rule, plain))
            continue
        key = fingerprint(service, plain["rule"], tuple(plain["key"]))
        if plain["state"] == "firing":
            orphaned.append(key)
        elif plain["state"] == "pending" and not plain["previous"]:
            dropped.append(key)
    newcomers = [rule for rule in rules if known.get(rule.id) != (rule.digest, rule.by)]
    renewed = bool(newcomers) or len(known) != len(rules)
    return Handover(kept, orphaned, dropped, newcomers, renewed)
