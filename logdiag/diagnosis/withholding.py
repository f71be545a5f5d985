"""Which healthy explanations concern a rule, and why what it suspects is not called a leak yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from logdiag.diagnosis.derived import OVERLAPS
from logdiag.diagnosis.guards import GUARDS
from logdiag.diagnosis.judgement import Judgement
from logdiag.diagnosis.rules import Rule
from logdiag.diagnosis.view import View
from logdiag.diagnosis.yielding import Open, explained

EARLY: Final = "not yet for long enough"
_ALWAYS: Final = frozenset({"restarted", "log_gap"})
_OF_LIVES: Final = frozenset({"mass_reconnect", "closes_unseen", "slow_heartbeat"})
_OF_CLIENT: Final = frozenset({"several_tabs", "by_design"})
_OF_REFUSED: Final = frozenset({"identity_outage", "token_expiry", "brute_force"})
_REFUSED: Final = ("auth_failure", "rejected", "turned_away")


def relevant(rule: Rule) -> frozenset[str]:
    """The guards that would explain what the rule is about, and those that it names."""
    when, unless = rule.when, rule.unless
    found = _ALWAYS if unless is None else _ALWAYS.union(unless.guards)
    if when.of_lives or "client" in rule.by or not when.kinds.isdisjoint(OVERLAPS):
        found |= {"weak_client_key"}
    if when.of_lives:
        found |= _OF_LIVES
        if not when.of_client:  # else its connections are compared with those of others
            found |= {"flapping"}
        if "client" not in rule.by:
            found |= {"growth"}
    if when.of_client:
        found |= _OF_CLIENT
    if any(kind in when.text for kind in _REFUSED):
        found |= _OF_REFUSED
    return found


def why_not(judgement: Judgement, view: View, others: Iterable[Open]) -> str:
    """Why what is pending does not fire, as far as the view tells."""
    unless = judgement.rule.unless
    if unless is not None and unless.holds(view):
        names = [name for name in dict.fromkeys(unless.guards) if GUARDS[name].check(view)]
        if names:
            return f"held back: {', '.join(names).replace('_', ' ')}"
        if unless.compares:
            return "held back: its connections end like those of others"
        return f"held back: {unless.text}"
    if better := explained(judgement, view, others):
        return f"held back: explained by {better}"
    return EARLY
