"""docs/report.md and compare.md tell what the schemas say; --update-golden writes them anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from logdiag.errors import AccessError, UsageError
from logdiag.faces import comparison, document
from tests.faces.filled import ROOT

MARK = "<!-- Written by tests/faces/test_reference.py from the schema; see there. -->\n"
SCHEMAS: dict[str, dict[str, Any]] = {
    "report": json.loads(document.schema()),
    "compare": json.loads(comparison.schema()),
}


def objects(node: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the schema with fixed keys, by name, outermost first."""
    if node.get("properties"):
        yield name, node
        for key, value in node["properties"].items():
            yield from objects(value, key)


def page(name: str) -> Path:
    """The page about the document of that name."""
    return ROOT / "docs" / f"{name}.md"


def everything(document: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of the whole schema."""
    yield from objects(SCHEMAS[document], document)
    for name, node in SCHEMAS[document]["$defs"].items():
        yield from objects(node, name)


def kind(node: dict[str, Any]) -> str:
    """A key's type in a word or two."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"[{name}](#{name})"
    if "enum" in node:
        return "one of " + ", ".join(f"`{value}`" for value in node["enum"])
    if "anyOf" in node:
        return " or ".join(map(kind, node["anyOf"]))
    if "const" in node:
        return f"`{node['const']}`"
    if node["type"] == "array":
        return f"list of {kind(node['items'])}"
    types = [node["type"]] if isinstance(node["type"], str) else list(node["type"])
    if node.get("format") == "date-time":
        types[0] = "time"
    return " or ".join(types)


def reference(document: str) -> str:
    """The page's part about the document: a table for each object."""
    parts = []
    for name, node in everything(document):
        rows = [
            f"| `{key}` | {kind(value)} | {value['description']} |"
            for key, value in node["properties"].items()
        ]
        head = f"### {name}\n\n{node['description']}\n\n| key | type | meaning |\n|---|---|---|\n"
        parts.append(head + "\n".join(rows) + "\n")
    return "\n" + "\n".join(parts)


@pytest.mark.parametrize("document", SCHEMAS)
def test_the_page_is_what_the_schema_says(
    document: str, golden: Callable[[str, str], None]
) -> None:
    """Every key with its type and meaning, in the schema's words."""
    head = page(document).read_text(encoding="utf-8").partition(MARK)[0]
    golden(str(page(document)), head + MARK + reference(document))


@pytest.mark.parametrize("document", SCHEMAS)
def test_the_schema_is_a_schema_and_strict(document: str) -> None:
    """Every object forbids further keys, needs all of its own, and says what each one means."""
    Draft202012Validator.check_schema(SCHEMAS[document])
    for name, node in everything(document):
        assert node["additionalProperties"] is False, name
        assert list(node["properties"]) == node["required"], name
        assert all(
            "$ref" in value or value["description"] for value in node["properties"].values()
        ), name


def test_the_page_names_the_exit_codes_of_all_errors() -> None:
    """The table of exit codes has those of the exceptions."""
    text = page("report").read_text(encoding="utf-8")
    for code in (0, 1, UsageError.exit_code, AccessError.exit_code, 4):
        assert f"\n| {code} | " in text
