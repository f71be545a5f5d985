"""The commands about the leak rules: `rules list`, `rules show ID`, `rules test [DIR...]`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logdiag.faces import options
from logdiag.faces.shell import emit, guarded

if TYPE_CHECKING:
    from logdiag.engines.ruletests import CaseResult

app = typer.Typer(help="List, show and test the leak rules.", no_args_is_help=True)


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


@app.command("test")
@guarded
def run_tests(
    directories: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DIR", show_default=False, help="Only the rules in there."),
    ] = None,
    formats: options.Formats = None,
    config: options.Config = None,
) -> int:
    """Run the rules' own tests: all, or those of the rules in some directories."""
    from logdiag.engines import knowledge, ruletests
    from logdiag.faces.words import plural

    settings = options.settings(rules=directories, formats=formats, config=config)
    packs, rules = knowledge.load_formats(settings), knowledge.load_rules(settings)
    results = [
        result for result in ruletests.run(rules, packs)
        if not directories or Path(result.file).parent in directories
    ]  # fmt: skip
    failed = [result for result in results if not result.passed]
    tested = len({result.rule for result in results})
    emit(
        "".join(map(_failure, failed))
        + f"{plural(tested, 'rule')}, {plural(len(results), 'test')}, {len(failed)} failed.\n"
    )
    return 1 if failed else 0


def _failure(result: CaseResult) -> str:
    from logdiag.faces.words import safe

    return f"{result.file}:{result.line}: {safe(result.rule)}, {safe(result.name)}: " + (
        f"{safe(result.message)}\n"
    )
