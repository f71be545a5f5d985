"""What the tool knows: the built-in formats and rules, and those of further directories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from logdiag import formats, resources
from logdiag.definitions import SUFFIXES, did_you_mean, files_at, keys_of
from logdiag.diagnosis import Rule, read_rule
from logdiag.engines import ruletests
from logdiag.engines.settings import Settings
from logdiag.errors import DefinitionErrors, Problem, UsageError
from logdiag.formats import Formats


class Files(NamedTuple):
    """Definition files, directory by directory, the built-in ones first."""

    rules: Sequence[Sequence[Path]]
    formats: Sequence[Sequence[Path]]


class Knowledge(NamedTuple):
    """What the files give, and every mistake in them."""

    formats: Formats
    rules: list[Rule]
    problems: list[Problem]
    replacing: Sequence[Rule] = ()  # those that took the place of another one of their id

    def verified(self) -> tuple[Formats, list[Rule]]:
        """What runs. Raises DefinitionErrors if there is any mistake."""
        if self.problems:
            raise DefinitionErrors(self.sorted_problems())
        return self.formats, self.rules

    def sorted_problems(self) -> list[Problem]:
        """By file and place."""
        return sorted(self.problems, key=lambda one: (one.file, one.line, one.column))


def load_formats(settings: Settings) -> Formats:
    """All format packs. Raises DefinitionErrors with every mistake of every file."""
    files = Files([], files_of(settings).formats)
    return examine(files).verified()[0]


def load_rules(settings: Settings) -> list[Rule]:
    """All leak rules, untested; one of a further directory replaces a built-in one of its id.

    Raises DefinitionErrors with every mistake of every file.
    """
    files = Files(files_of(settings).rules, [])
    return examine(files).verified()[1]


def load_all(settings: Settings) -> tuple[Formats, list[Rule]]:
    """All format packs and leak rules, as they are to judge logs.

    A rule of a further directory whose own tests do not pass is a mistake, too; those of the
    built-in ones pass, or no version of logdiag is made.
    Raises DefinitionErrors with every mistake of every file.
    """
    packs, rules = examine(files_of(settings)).verified()
    files = {file for place in settings.rules for file in _files(place)}
    own = [rule for rule in rules if Path(rule.file) in files]
    failed = [case for case in ruletests.run(own, packs, beside=rules) if not case.passed]
    return Knowledge(packs, rules, [_failure(case) for case in failed]).verified()


def files_of(settings: Settings) -> Files:
    """The built-in files and those of the settings' directories. Raises UsageError."""
    return Files(
        [_files(directory) for directory in (resources.rules_dir(), *settings.rules)],
        [_files(directory) for directory in (resources.formats_dir(), *settings.formats)],
    )


def files_in(directories: Iterable[Path], settings: Settings | None = None) -> Files:
    """Those of the settings and of directories, or files, that may be rules and packs alike.

    A pack is what has `lines` or `samples`. Raises UsageError.
    """
    found = files_of(settings or Settings())
    for directory in directories:
        packs = [file for file in _files(directory) if keys_of(_text(file)) & {"lines", "samples"}]
        found = Files(
            [*found.rules, [file for file in _files(directory) if file not in packs]],
            [*found.formats, packs],
        )
    return found


def examine(files: Files) -> Knowledge:
    """Read the files; the samples of the built-in packs are taken for granted, as they are tested.

    What is no YAML, or has no keys of a pack, is taken for a rule.
    """
    built_in = {*_files(resources.formats_dir())}
    packs, problems = formats.examine([file for some in files.formats for file in some], built_in)
    rules: dict[str, Rule] = {}
    replacing: list[Rule] = []
    for some in files.rules:
        read = _read(some, problems)
        replacing += [rule for name, rule in read.items() if name in rules]
        rules |= read
    if not problems:  # a rule that does not load is there all the same
        problems = _unknown_names(rules)
    return Knowledge(packs, list(rules.values()), problems, replacing)


def _read(files: Iterable[Path], problems: list[Problem]) -> dict[str, Rule]:
    """The rules of one directory, by id."""
    found: dict[str, Rule] = {}
    for path in files:
        rule, mistakes = read_rule(_text(path), str(path), ruletests.NAMES)
        problems += mistakes
        if rule is None:
            continue
        if rule.id in found:
            hint = f"{found[rule.id].file} has it too; give one of them another id."
            place = rule.places["id"]
            problems.append(Problem(str(path), *place, f"id '{rule.id}' is taken.", hint))
        found[rule.id] = rule
    return found


def _unknown_names(rules: dict[str, Rule]) -> list[Problem]:
    """Where rules and their tests speak of rules that are not there."""
    named = [
        *((rule, other, rule.places["yields_to"]) for rule in rules.values()
          for other in rule.yields_to),
        *((rule, wish["rule"], case.at) for rule in rules.values()
          for case in rule.tests for wish in case.expect),
    ]  # fmt: skip
    return [
        Problem(rule.file, *place, f"there is no rule {name!r}.", did_you_mean(name, rules))
        for rule, name, place in named
        if name not in rules
    ]


def _failure(case: ruletests.CaseResult) -> Problem:
    words = f"test '{case.name}' fails: {case.message}."
    return Problem(case.file, case.line, 1, words, "See 'logdiag rules test'.")


def _files(place: Path) -> list[Path]:
    if place.is_file() and place.suffix not in SUFFIXES:
        raise UsageError(f"{place}: this is no definition file.", "Its name must end in .yaml.")
    if not place.exists():
        raise UsageError(f"{place}: there is no such directory.", "Check the spelling.")
    return files_at(place)


def _text(path: Path) -> str:
    return path.read_text("utf-8", "backslashreplace")
