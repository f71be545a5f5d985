from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from logdiag.diagnosis import Rule, read_rule
from logdiag.diagnosis.checking import _FIELDS
from logdiag.diagnosis.clients import KNOWN_BY
from logdiag.diagnosis.derived import COUNTABLE
from logdiag.diagnosis.expression import UNITS
from logdiag.diagnosis.functions import FUNCTIONS
from logdiag.diagnosis.guards import GUARDS
from logdiag.diagnosis.rules import _KEYS, _NEEDED
from logdiag.engines import ruletests
from logdiag.formats import Formats
from logdiag.model import LEVELS

PAGE = Path(__file__).parents[2] / "rules" / "leaks" / "README.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def functions() -> str:
    """The table of values and functions, as the code has them."""
    rows = [
        [
            f"`{one.name}`" if not one.parameters else f"`{one.name}({', '.join(one.parameters)})`",
            one.result, one.doc, one.keeps,
        ]
        for one in FUNCTIONS.values()
    ]  # fmt: skip
    return table(["value or function", "gives", "what it counts", "what it keeps"], rows)


def guards() -> str:
    """The table of guards."""
    return table(["guard", "when it holds"], [[f"`{g.name}`", g.doc] for g in GUARDS.values()])


@pytest.mark.parametrize("made", [functions, guards], ids=lambda made: made.__name__)
def test_the_tables_are_the_codes(made: object, pytestconfig: pytest.Config) -> None:
    """`pytest tests/diagnosis --update-golden` writes them again."""
    assert callable(made)
    begin, end = (f"<!-- {made.__name__}: {word} -->" for word in ("begin", "end"))
    text = PAGE.read_text(encoding="utf-8")
    if pytestconfig.getoption("--update-golden"):
        before, after = text.split(begin)[0], text.split(end)[1]
        text = f"{before}{begin}\n{made()}\n{end}{after}"
        PAGE.write_text(text, encoding="utf-8")
    assert made() == text.split(begin)[1].split(end)[0].strip()


def test_every_key_is_documented() -> None:
    """All keys of a rule, those that must be there with a star, and no other."""
    text = PAGE.read_text(encoding="utf-8").split("## The keys")[1].split("## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)`( \*)? \|", text, re.MULTILINE))
    assert set(_KEYS) == rows.keys()
    assert set(_NEEDED) == {key for key, star in rows.items() if star}


@pytest.mark.parametrize("word", [*KNOWN_BY, *COUNTABLE, *_FIELDS, *LEVELS, *FUNCTIONS, *GUARDS])
def test_every_word_is_documented(word: str) -> None:
    """Kinds, fields, levels, functions and guards stand between backticks."""
    assert re.search(rf"`{word}[`(]", PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_is_documented(unit: str) -> None:
    """With an example."""
    assert re.search(rf"`\d+{unit}`", PAGE.read_text(encoding="utf-8"))


def test_the_worked_example_works(formats: Formats, rules: list[Rule]) -> None:
    """It loads, and passes its own tests."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    example, problems = read_rule(text, "README.md")
    assert [] == problems
    assert example is not None
    assert [""] * 3 == [one.message for one in ruletests.run([example], formats)]
    assert example.id not in {rule.id for rule in rules}
