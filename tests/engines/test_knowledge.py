"""What is loaded: a user's rule only if its own tests pass."""

from __future__ import annotations

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
