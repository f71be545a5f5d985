"""The commands about the leak rules: `rules list`, `show ID`, `lint [DIR...]`, `test [DIR...]`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logdiag.faces import options
from logdiag.faces.shell import emit, guarded

if TYPE_CHECKING:
    from logdiag.engines.ruletests import CaseResult

app = typer.Typer(help="List, show, check and test the leak rules.", no_args_is_help=True)


@app.command("list")
@guarded
def list_rules(rules: options.Rules = None, config: options.Config = None) -> int:
    """List the rules: id, level, title."""
    from logdiag.engines import knowledge
    from logdiag.faces.words import safe

    found = knowledge.load_rules(options.settings(rules=rules, config=config))
    width = max((len(rule.id) for rule in found), default=0)
    emit("".join(f"{rule.id:{width}}  {rule.level:13}  {safe(rule.title)}\n" for rule in found))
    return 0


@app.command("show")
@guarded
def show_rule(
    rule_id: Annotated[str, typer.Argument(metavar="ID", show_default=False, help="As listed.")],
    rules: options.Rules = None,
    config: options.Config = None,
) -> int:
    """Print a rule as its file has it."""
    import difflib

    from logdiag.engines import knowledge
    from logdiag.errors import UsageError

    settings = options.settings(rules=rules, config=config)
    found = {rule.id: rule for rule in knowledge.load_rules(settings)}
    if rule_id not in found:
        close = difflib.get_close_matches(rule_id, found, 1)
        hint = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(found)}."
        raise UsageError(f"There is no rule {rule_id!r}.", hint)
    emit(Path(found[rule_id].file).read_text(encoding="utf-8"))
    return 0


@app.command("lint")
@guarded
def lint(
    directories: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR", show_default=False,
            help="Rules and format packs of your own, or one file. Default: the configured ones.",
        ),
    ] = None,
    config: options.Config = None,
) -> int:  # fmt: skip
    """Tell all that is wrong with rules and format packs, without running tests."""
    from logdiag.definitions import files_at
    from logdiag.engines import knowledge
    from logdiag.faces.words import plural, safe

    if directories:
        files = knowledge.files_in(directories)
    else:
        files = knowledge.files_of(options.settings(config=config))
    found = knowledge.examine(files)
    wrong = {problem.file for problem in found.problems}
    for problem in found.sorted_problems():
        emit(f"{safe(str(problem))}\n")
    if wrong:
        count = plural(len(found.problems), "problem")
        emit(f"{count} in {plural(len(wrong), 'file')}.\n")
        return 2
    for rule in found.replacing:
        emit(f"{safe(rule.file)}: replaces the built-in rule {safe(rule.id)}.\n")
    for place in directories or ():
        if not files_at(place):
            emit(
                f"{safe(str(place))}: there is no rule and no format pack in it (*.yaml, *.yml).\n"
            )
    rules, packs = plural(len(found.rules), "rule"), plural(len(found.formats.packs), "format pack")
    emit(f"{rules} and {packs}: nothing is wrong with them.\n")
    return 0


@app.command("test")
@guarded
def run_tests(
    directories: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR", show_default=False,
            help="Only the rules in there, beside the format packs in there.",
        ),
    ] = None,
    formats: options.Formats = None,
    config: options.Config = None,
) -> int:  # fmt: skip
    """Run the rules' own tests, and tell what no test and no sample shows."""
    from dataclasses import replace

    from logdiag.engines import coverage, knowledge, ruletests
    from logdiag.faces.covering import covered
    from logdiag.faces.words import plural

    settings = options.settings(formats=formats, config=config)
    if directories:
        files = knowledge.files_in(directories, replace(settings, rules=()))
    else:
        files = knowledge.files_of(settings)
    packs, rules = knowledge.examine(files).verified()
    own = {file for some in files.rules[1:] for file in some}
    chosen = [rule for rule in rules if not directories or Path(rule.file) in own]
    results = ruletests.run(chosen, packs, beside=rules)
    failed = [result for result in results if not result.passed]
    emit(
        "".join(map(_failure, failed))
        + f"{plural(len(chosen), 'rule')}, {plural(len(results), 'test')}, {len(failed)} failed.\n"
    )
    if failed:
        return 1
    emit(covered(coverage.of_rules(chosen, packs, rules), coverage.of_packs(packs)))
    return 0


def _failure(result: CaseResult) -> str:
    from logdiag.faces.words import safe

    return f"{result.file}:{result.line}: {safe(result.rule)}, {safe(result.name)}: " + (
        f"{safe(result.message)}\n"
    )
