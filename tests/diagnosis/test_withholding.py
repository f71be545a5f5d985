from __future__ import annotations

import pytest

from logdiag.diagnosis import Rule
from logdiag.diagnosis.withholding import relevant
from logdiag.model import Finding
from tests.diagnosis.builders import Log, follow, rule


def pending(log: Log, *rules: Rule) -> Finding:
    """What is suspected at the end."""
    found = follow(log, rules).findings.values()
    return next(one for one in found if one.state == "pending")


def three(last: float = 2) -> Log:
    """Three connections of one client, and a message so many seconds after they opened."""
    log = Log()
    for place in range(3):
        log("opened", place, connection=f"c{place}", user="u")
    return log("message", last)


def test_what_a_guard_holds_back_says_which() -> None:
    """However long it has been suspected; it is sure of nothing, and lists what was checked."""
    made = rule(more="unless: closes_unseen or mass_reconnect")
    finding = pending(three(3_000), made)
    assert ("Held back: closes unseen", "low") == (finding.note, finding.confidence)
    outcomes = {guard.name: guard.outcome for guard in finding.guards}
    assert "yes" == outcomes["closes_unseen"]


def test_what_is_young_says_so() -> None:
    """Nothing holds it back but time."""
    assert "Not yet for long enough" == pending(three(200), rule(hold=10**12)).note


def test_what_no_guard_names_is_told_as_the_rule_says_it() -> None:
    """A comparison in `unless`."""
    made = rule(more="unless: live >= 2 and live < 99")
    assert "Held back: live >= 2 and live < 99" == pending(three(3_000), made).note


def test_what_another_finding_explains_says_so() -> None:
    """The better one fires."""
    better = rule(id="better")
    finding = pending(three(3_000), better, rule("live >= 2", yields_to=("better",)))
    assert "Held back: explained by better" == finding.note


@pytest.mark.parametrize(
    ("when", "by", "yes", "no"),
    [
        ("count(auth_failure) >= 2", ("client",), "brute_force", "several_tabs by_design flapping"),
        ("live >= 3", ("client",), "flapping mass_reconnect", "brute_force growth by_design"),
        ("left_behind >= 3 and chance < 1%", ("client",), "several_tabs by_design", "flapping"),
        ("drift >= 3", (), "restarted log_gap", "weak_client_key flapping slow_heartbeat"),
        ("count(half_open) >= 3", (), "weak_client_key", "slow_heartbeat several_tabs growth"),
        ("trend >= 20%", (), "growth weak_client_key", "several_tabs brute_force"),
    ],
)
def test_which_explanations_concern_a_rule(
    when: str, by: tuple[str, ...], yes: str, no: str
) -> None:
    """Those about connections only where a rule asks for these, and so on."""
    found = relevant(rule(when, by=by))
    assert set(yes.split()) <= found
    assert found.isdisjoint(no.split())


def test_what_a_rule_names_concerns_it() -> None:
    """Whatever it is about."""
    named = rule("drift >= 3", "unless: flapping or by_design", by=())
    assert {"flapping", "by_design"} <= relevant(named)
