"""What tests and samples leave unshown is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from logdiag.diagnosis import CaseSpec, Rule, read_rule
from logdiag.engines import coverage, ruletests
from logdiag.formats import examine
from tests.engines.running import FORMATS, RULES

OPENED = """\
2026-11-20T10:00:00.000Z info: WebSocket connection a1 established from 10.0.0.7. Total: 1
2026-11-20T10:00:10.000Z info: WebSocket connection a2 established from 10.0.0.7. Total: 2
2026-11-20T10:00:20.000Z info: WebSocket connection a3 established from 10.0.0.7. Total: 3
2026-11-20T10:04:00.000Z info: WebSocket connection b1 established from 10.0.0.8. Total: 4
"""


def example(**changes: object) -> Rule:
    """The rule that the reference shows, with its three tests."""
    page = (Path(__file__).parents[2] / "rules" / "leaks" / "README.md").read_text("utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    rule, problems = read_rule(text, "example.yaml")
    assert (True, []) == (rule is not None, problems)
    return replace(rule, **changes)  # type: ignore[arg-type, type-var, return-value]


def unshown(rule: Rule) -> tuple[str, ...]:
    """What the rule's tests do not show."""
    (found,) = coverage.of_rules([rule], FORMATS, [*RULES, rule])
    assert found.parts >= len(found.unshown)
    return found.unshown


def test_cases_are_counted_by_what_they_show() -> None:
    """Firing, silent, late."""
    rule = example()
    (found,) = coverage.of_rules([rule], FORMATS, [*RULES, rule])
    assert (1, 1, 1) == (found.firing, found.silent, found.late)
    (found,) = coverage.of_rules([replace(rule, tests=rule.tests[:1])], FORMATS, RULES)
    assert ("a silent case", "a late close") == found.unshown[:2]


def test_the_built_in_rules_show_all_that_they_say() -> None:
    """Each has a log that is silent because of each of its guards, and reaches each confidence."""
    found = coverage.of_rules(RULES, FORMATS, RULES)
    assert {} == {one.rule: one.unshown for one in found if one.unshown}


MINE = Path(__file__).parent / "user_rules"


def test_rules_as_users_write_them() -> None:
    """Overlaps and spikes, on which alone no built-in rule fires; their tests show all."""
    texts = {file: file.read_text("utf-8") for file in sorted(MINE.glob("*.yaml"))}
    rules = [rule for file, text in texts.items() if (rule := read_rule(text, str(file))[0])]
    assert ["handover-overlaps", "openings-surge"] == [rule.id for rule in rules]
    results = ruletests.run(rules, FORMATS, beside=[*RULES, *rules])
    assert [] == [result for result in results if not result.passed]
    found = coverage.of_rules(rules, FORMATS, [*RULES, *rules])
    assert {} == {one.rule: one.unshown for one in found if one.unshown}


def test_a_guard_that_no_silent_case_needs_is_not_shown() -> None:
    """It is, once a case is silent because of it and would fire without."""
    rule = example()
    assert {"unless restarted", "unless mass_reconnect", "unless closes_unseen"} < {*unshown(rule)}
    log = OPENED.replace(". Total", "; total")
    silent = CaseSpec("no close is logged", (log,), (), rule.tests[0].at)
    assert "unless closes_unseen" not in unshown(replace(rule, tests=(*rule.tests, silent)))


def test_a_level_of_confidence_that_no_test_reaches_is_named() -> None:
    """An address alone caps it at low, so neither of the example's levels is ever reached."""
    assert ("confidence high", "confidence medium") == unshown(example())[-2:]


def test_a_pattern_that_no_sample_shows_is_named(tmp_path: Path) -> None:
    """With its line and its text; the built-in packs have none."""
    assert [()] * len(FORMATS.packs) == [pack.unshown for pack in coverage.of_packs(FORMATS)]
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: mine\ntitle: Mine\nlines:\n  - event: opened\n    match: 'hello {client}'\n"
        "  - event: closed\n    match: 'bye {client}'\n"
        "samples:\n  - {line: hello you, event: opened, client: you}\n"
    )
    formats, problems = examine([file])
    assert ["no sample shows the pattern 'bye {client}'."] == [one.message for one in problems]
    assert [(2, ("6: bye {client}",))] == [
        (pack.patterns, pack.unshown) for pack in coverage.of_packs(formats)
    ]
