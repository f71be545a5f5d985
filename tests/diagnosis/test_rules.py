from __future__ import annotations

from pathlib import Path

import pytest

from logdiag.diagnosis import Rule, read_rule
from logdiag.engines import ruletests
from logdiag.engines.knowledge import load_rules
from logdiag.engines.settings import Settings
from logdiag.errors import DefinitionErrors
from logdiag.formats import Formats
from logdiag.model import SECOND
from tests.diagnosis.builders import RULE, rule

SIMULATED = """\
tests:
  - name: fires
    simulate: {case: dashboard, format: node-json, seed: 3, clients: 8}
    expect: [{rule: too-many}, {rule: too-many, state: resolved}]
  - {name: silent, simulate: {case: dashboard, clients: 8}, expect: []}
  - {name: resolved, log: a, expect: [{rule: too-many, state: resolved}]}
"""
BAD = Path(__file__).parents[1] / "bad" / "rules"
BUILT_IN = load_rules(Settings())


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_bad_rule_does_not_load(path: Path) -> None:
    """All its problems at once, word for word, each with its line and column."""
    made, problems = read_rule(path.read_text(encoding="utf-8"), path.name, ruletests.NAMES)
    expected = path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    assert expected == [str(problem) for problem in problems]
    assert made is None


def test_each_bad_rule_is_beside_its_message() -> None:
    """None of the two stands alone."""
    assert sorted(p.stem for p in BAD.glob("*.yaml")) == sorted(p.stem for p in BAD.glob("*.txt"))


def test_problems_come_in_the_order_of_the_file() -> None:
    """Whatever the order in which they were found."""
    for path in BAD.glob("*.yaml"):
        _, problems = read_rule(path.read_text(encoding="utf-8"), path.name, ruletests.NAMES)
        places = [(problem.line, problem.column) for problem in problems]
        assert sorted(places) == places


def test_the_column_in_a_block_is_that_of_the_file() -> None:
    """An editor that jumps there lands on the word."""
    text = (BAD / "condition.yaml").read_text(encoding="utf-8")
    _, problems = read_rule(text, "condition.yaml")
    (problem,) = [problem for problem in problems if "risen" in problem.message]
    assert "risen" == text.splitlines()[problem.line - 1][problem.column - 1 :][:5]


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        ("30s", (30 * SECOND, 40)), ("10 lines", (30 * SECOND, 10)), ("1 line", (30 * SECOND, 1)),
        ("5m or 60 lines", (300 * SECOND, 60)), ("1.5m", (90 * SECOND, 40)),
    ],
)  # fmt: skip
def test_windows(within: str, expected: tuple[int, int]) -> None:
    """In time, in lines where there is no clock, or both."""
    made = rule(more=f"within: {within}")
    assert expected == (made.within, made.within_lines)


def test_what_a_rule_need_not_say() -> None:
    """The values that stand in."""
    text = RULE.format(when="live >= 3", more="").replace("for: 90s\n", "")
    made, _ = read_rule(text.replace("keep_firing_for: 5m\n", ""), "rule.yaml")
    assert made is not None
    assert (30 * SECOND, 40, None, 300 * SECOND, False, "stable") == (
        made.within, made.within_lines, made.hold, made.keep, made.fires_at_end, made.status,
    )  # fmt: skip
    assert (("client",), (), None, (), ()) == (
        made.by, made.requires, made.unless, made.yields_to, made.confidence,
    )  # fmt: skip


def test_confidence_is_tried_from_the_top() -> None:
    """Whatever the order in the file."""
    made = rule(more="confidence:\n  low: live >= 1\n  high: live >= 5\n  medium: live >= 3")
    assert ["high", "medium", "low"] == [name for name, _ in made.confidence]


def test_a_rule_concerns_groups_that_have_what_it_requires() -> None:
    """Without a client there is nothing that could be one client's excess."""
    made = rule(more="requires: [client]")
    assert made.concerns(("user u",))
    assert not made.concerns((None,))
    assert rule().concerns((None,))


CASES_OF_ALL = [(made.id, case.name) for made in BUILT_IN for case in made.tests]


@pytest.fixture(scope="session")
def results(rules: list[Rule], formats: Formats) -> dict[tuple[str, str], ruletests.CaseResult]:
    """How each test of each rule went, judged by all rules together."""
    return {(one.rule, one.name): one for one in ruletests.run(rules, formats)}


@pytest.mark.parametrize(("name", "case"), CASES_OF_ALL)
def test_built_in_rules_pass_their_own_tests(
    name: str, case: str, results: dict[tuple[str, str], ruletests.CaseResult]
) -> None:
    """Each case, through the production path."""
    assert (True, "") == (results[name, case].passed, results[name, case].message)


@pytest.mark.parametrize("made", BUILT_IN, ids=lambda made: made.id)
def test_each_built_in_rule_shows_all_cases(made: Rule) -> None:
    """When it fires, a near miss that is silent, and what a late close does to it."""
    own = [(wish.get("rule"), wish.get("state", "firing")) for t in made.tests for wish in t.expect]
    shown = {
        "fires": (made.id, "firing") in own,
        "silent": any(not case.expect for case in made.tests),
        "late close": (made.id, "resolved") in own,
    }
    assert dict.fromkeys(("fires", "silent", "late close"), True) == shown


@pytest.mark.parametrize("made", BUILT_IN, ids=lambda made: made.id)
def test_built_in_rules_are_named_like_their_files(made: Rule) -> None:
    """And yield only to rules that there are."""
    assert made.id == Path(made.file).stem
    assert set() == set(made.yields_to) - {other.id for other in BUILT_IN}


def test_a_failing_case_says_what_came(formats: Formats) -> None:
    """What was expected, and what the log gave instead."""
    (result,) = [one for one in ruletests.run([rule()], formats) if one.name == "fires"]
    wished = "expected {rule: too-many, state: firing}; found nothing"
    assert (False, wished) == (result.passed, result.message)


def test_a_test_can_name_a_simulated_log(formats: Formats) -> None:
    """Its expectation stands for one finding or more; what else comes is a failure."""
    text = RULE.format(when="live >= 1", more="")
    text = text[: text.index("tests:")] + SIMULATED
    made, problems = read_rule(text, "rule.yaml", ruletests.NAMES)
    assert [] == problems
    assert made is not None
    passed = {one.name: one.passed for one in ruletests.run([made], formats)}
    assert {"fires": True, "silent": False, "resolved": False} == passed


def test_rules_of_a_directory_replace_built_in_ones(tmp_path: Path) -> None:
    """By id; the others stay."""
    (tmp_path / "own.yaml").write_text(
        RULE.format(when="live >= 9", more="").replace("too-many", "abandoned")
    )
    loaded = {made.id: made for made in load_rules(Settings(rules=(tmp_path,)))}
    assert "Too many" == loaded["abandoned"].title
    assert {made.id for made in BUILT_IN} == loaded.keys()


def test_one_id_for_two_rules_is_a_mistake(tmp_path: Path) -> None:
    """In one directory; both files are named."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(RULE.format(when="live >= 9", more=""))
    with pytest.raises(DefinitionErrors) as caught:
        load_rules(Settings(rules=(tmp_path,)))
    assert (
        f"{tmp_path}/b.yaml:2:5: id 'too-many' is taken. {tmp_path}/a.yaml has it too; give one of "
        "them another id." == str(caught.value)
    )
