"""What the tool knows: the built-in formats and rules, and those of further directories."""

from __future__ import annotations

from pathlib import Path

from logdiag import formats, resources
from logdiag.diagnosis import Rule, read_rule
from logdiag.engines import ruletests
from logdiag.engines.settings import Settings
from logdiag.errors import DefinitionErrors, Problem, UsageError
from logdiag.formats import Formats


def load_formats(settings: Settings) -> Formats:
    """All format packs. Raises DefinitionErrors with every mistake of every file."""
    _exist(settings.formats)
    built_in = resources.formats_dir()
    return formats.load([built_in, *settings.formats], verified=[built_in])


def load_all(settings: Settings) -> tuple[Formats, list[Rule]]:
    """All format packs and leak rules, as they are to judge logs.

    A rule of a further directory whose own tests do not pass is a mistake, too; those of the
    built-in ones pass, or no version of logdiag is made.
    Raises DefinitionErrors with every mistake of every file.
    """
    packs, rules = load_formats(settings), load_rules(settings)
    own = [rule for rule in rules if Path(rule.file).parent in settings.rules]
    failed = [case for case in ruletests.run(own, packs, beside=rules) if not case.passed]
    if failed:
        raise DefinitionErrors(
            [
                Problem(case.file, case.line, 1, f"test '{case.name}' fails: {case.message}.",
                        "See 'logdiag rules test'.")
                for case in failed
            ]
        )  # fmt: skip
    return packs, rules


def load_rules(settings: Settings) -> list[Rule]:
    """All leak rules, untested; one of a further directory replaces a built-in one of its id.

    Raises DefinitionErrors with every mistake of every file.
    """
    _exist(settings.rules)
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    for directory in (resources.rules_dir(), *settings.rules):
        seen: dict[str, Rule] = {}
        for path in sorted(directory.glob("*.yaml")):
            rule, mistakes = read_rule(path.read_text("utf-8", "backslashreplace"), str(path))
            problems += mistakes
            if rule is None:
                continue
            if rule.id in seen:
                other = seen[rule.id].file
                hint = f"{other} has it too; give one of them another id."
                problems.append(Problem(str(path), 1, 1, f"id '{rule.id}' is taken.", hint))
            seen[rule.id] = rule
        rules |= seen
    if problems:
        raise DefinitionErrors(problems)
    return list(rules.values())


def _exist(directories: tuple[Path, ...]) -> None:
    for directory in directories:
        if not directory.is_dir():
            raise UsageError(f"{directory}: there is no such directory.", "Check the spelling.")
