"""Functions and modules stay small enough to be read at once: see CONTRIBUTING.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "logdiag").rglob("*.py"))
LONGEST_FUNCTION = 40  # lines
LONGEST_MODULE = 300


def _functions(module: Path) -> Iterator[tuple[str, int]]:
    """Each function's name and its lines."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_are_short() -> None:
    """No function has more lines than fit a screen."""
    long = {
        f"{module.relative_to(ROOT)}: {name}, {lines} lines"
        for module in MODULES
        for name, lines in _functions(module)
        if lines > LONGEST_FUNCTION
    }
    assert set() == long


def test_modules_are_short() -> None:
    """A crowded module wants a second one beside it."""
    lines = {str(one.relative_to(ROOT)): one.read_text("utf-8").count("\n") for one in MODULES}
    assert set() == {name for name, number in lines.items() if number > LONGEST_MODULE}
