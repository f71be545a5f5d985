from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from logdiag.timeline import Writer
from logdiag.timeline.schema import APPLICATION_ID

_PAGE = Path(__file__).parents[2] / "docs" / "schema.md"


def _documented() -> dict[str, dict[str, str]]:
    """Table or view -> column -> type, as the page has them."""
    _, *sections = re.split(r"^### (?=\w)", _PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    tables = {}
    for section in sections:
        rows = re.findall(r"^\| (\w+) \| ([A-Z]+) \|", section, re.MULTILINE)
        assert len(rows) == len(dict(rows)), section
        tables[section.split("\n", 1)[0]] = dict(rows)
    return tables


def _query(writer: Writer, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    return writer._connection.execute(sql, parameters).fetchall()


def _names(writer: Writer, *kinds: str) -> set[str]:
    sql = "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    return {name for kind in kinds for (name,) in _query(writer, sql, kind)}


def test_every_table_and_view_is_documented(writer: Writer) -> None:
    """The page has them all, and no other."""
    assert _names(writer, "table", "view") == set(_documented())


@pytest.mark.parametrize("table", _documented())
def test_columns_are_documented(writer: Writer, table: str) -> None:
    """Each column with its type; of a view's computed columns SQLite knows none."""
    actual = {name: kind for _, name, kind, *_ in _query(writer, f"PRAGMA table_xinfo({table})")}
    documented = _documented()[table]
    assert list(actual) == list(documented)
    known = {name: kind for name, kind in actual.items() if kind not in ("", "NUM")}
    assert known == {name: documented[name] for name in known}


def test_indices_are_documented(writer: Writer) -> None:
    """The page names every index."""
    section = _PAGE.read_text(encoding="utf-8").split("## Indices")[1]
    assert _names(writer, "index") == set(re.findall(r"^- `(\w+)`", section, re.MULTILINE))


def test_tables_are_strict(writer: Writer) -> None:
    """A number cannot end up where text belongs; the migrations' own table excepted."""
    tables = {row[1]: row[5] for row in _query(writer, "PRAGMA table_list") if row[2] == "table"}
    loose = {name for name, strict in tables.items() if not strict}
    assert loose <= {"_sqlite_migrations", "sqlite_schema", "sqlite_temp_schema", "sqlite_sequence"}


def test_mark_is_documented(writer: Writer) -> None:
    """The page's application_id is the file's."""
    assert [(APPLICATION_ID,)] == _query(writer, "PRAGMA application_id")
    assert f"0x{APPLICATION_ID:X}" in _PAGE.read_text(encoding="utf-8")


def test_queries_of_the_page_run(writer: Writer) -> None:
    """What the page suggests to ask can be asked."""
    (block,) = re.findall(r"^```sql\n(.*?)^```", _PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    queries = [query for query in block.split(";") if query.strip()]
    assert [[]] * len(queries) == [_query(writer, query) for query in queries]
