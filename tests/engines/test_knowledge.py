"""What is loaded: a user's rule only if its own tests pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from logdiag import resources
from logdiag.engines import knowledge
from logdiag.engines.settings import Settings
from logdiag.errors import DefinitionErrors

BUILT_IN = (resources.rules_dir() / "auth-loading-race.yaml").read_text(encoding="utf-8")


def own_rule(directory: Path, text: str) -> Settings:
    """A directory of rules with one in it."""
    (directory / "mine.yaml").write_text(text, encoding="utf-8")
    return Settings(rules=(directory,))


def test_a_rule_whose_tests_pass_is_loaded(tmp_path: Path) -> None:
    """It stands beside the built-in ones."""
    settings = own_rule(tmp_path, BUILT_IN.replace("auth-loading-race", "mine"))
    _, rules = knowledge.load_all(settings)
    assert {"mine", "auth-loading-race"} <= {rule.id for rule in rules}


def test_rules_that_are_not_there_are_not_named(tmp_path: Path) -> None:
    """A misspelt id in `yields_to` or in a test would silently mean nothing."""
    text = BUILT_IN.replace("auth-loading-race", "mine").replace("{rule: mine", "{rule: mien", 1)
    settings = own_rule(tmp_path, text + "yields_to: [mime, abandoned]\n")
    with pytest.raises(DefinitionErrors) as caught:
        knowledge.load_rules(settings)
    line = 1 + text.splitlines().index("  - name: four mounts, four sockets, no ids and no clock")
    last = 1 + len(text.splitlines())
    assert [(line, "there is no rule 'mien'."), (last, "there is no rule 'mime'.")] == [
        (problem.line, problem.message) for problem in caught.value.problems
    ]
    assert {"Did you mean 'mine'?"} == {problem.hint for problem in caught.value.problems}


def test_mistakes_of_rules_and_packs_come_at_once(tmp_path: Path) -> None:
    """Whoever mends one need not start again to hear of the next."""
    (tmp_path / "pack.yaml").write_text("name: x\nlines: []\n")
    settings = replace(own_rule(tmp_path, "id: x\n"), formats=(tmp_path,))
    with pytest.raises(DefinitionErrors) as caught:
        knowledge.load_all(settings)
    assert {"mine.yaml", "pack.yaml"} == {Path(one.file).name for one in caught.value.problems}


def test_a_directory_may_hold_rules_and_packs(tmp_path: Path) -> None:
    """Told apart by their keys; what is neither is taken for a rule."""
    own_rule(tmp_path, BUILT_IN)
    (tmp_path / "pack.yaml").write_text("name: x\nlines: []\n")
    (tmp_path / "broken.yaml").write_text("a: b: c\n")
    files = knowledge.files_in([tmp_path])
    assert ["broken.yaml", "mine.yaml"] == [path.name for path in files.rules[-1]]
    assert ["pack.yaml"] == [path.name for path in files.formats[-1]]


def test_a_rule_whose_test_fails_is_a_mistake(tmp_path: Path) -> None:
    """It says which test, where, what was expected and what came."""
    text = BUILT_IN.replace("auth-loading-race", "mine").replace("connections: 4", "connections: 5")
    with pytest.raises(DefinitionErrors) as caught:
        knowledge.load_all(own_rule(tmp_path, text))
    (problem,) = caught.value.problems
    line = 1 + text.splitlines().index("  - name: four mounts, four sockets, no ids and no clock")
    assert (str(tmp_path / "mine.yaml"), line) == (problem.file, problem.line)
    assert "connections: 5" in problem.message
    assert "connections: 4" in problem.message
