"""JUnit XML, read back as CI servers read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import junitparser
import pytest

from logdiag.faces.document import Document
from logdiag.faces.junit import render
from logdiag.model import Gap, Source
from logdiag.timeline import Batch
from tests.faces.filled import SAMPLES, batch, event, leaky, timeline, told
from tests.faces.running import run
from tests.faces.test_text import HOSTILE, poisoned


def cases(xml: str) -> dict[str, list[Any]]:
    """Of each test case, by name, the kinds of its results."""
    suites = junitparser.JUnitXml.fromstring(xml.encode())
    return {case.name: [type(one).__name__ for one in case.result] for suite in suites
            for case in suite}  # fmt: skip


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """The report on a leaking service."""
    return told(timeline(tmp_path / "t.db", leaky))


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        ("high", {"some-rule (client address 192.0.2.7)": ["Failure"]}),
        ("critical", {"no finding of level critical or worse fires": []}),
        (None, {}),
    ],
)
def test_what_fails_the_exit_code_fails_a_case(
    document: Document, fail_on: str | None, expected: dict[str, list[str]]
) -> None:
    """A finding at or above the level is a failure; else the case passes."""
    always: dict[str, list[str]] = {"the log can tell": [], "the log is complete": []}
    assert always | expected == cases(render(document, fail_on))


def test_what_fired_and_is_over_fails_a_check(document: Document) -> None:
    """A leak that the test's end took along was one; a report tells what fires now."""
    document["findings"][0]["state"] = "resolved"
    name = "some-rule (client address 192.0.2.7)"
    assert ["Failure"] == cases(render(document, "high", over=True))[name]
    assert (
        []
        == cases(render(document, "critical", over=True))[
            "no finding of level critical or worse fired"
        ]
    )
    assert name not in cases(render(document, "high"))


def test_a_failure_has_message_type_place_and_proof(document: Document) -> None:
    """What a CI server shows without opening the log."""
    (suite,) = junitparser.JUnitXml.fromstring(render(document, "medium").encode())
    assert ("app", 3, 1, 0, 0) == (
        suite.name, suite.tests, suite.failures, suite.errors, suite.skipped,
    )  # fmt: skip
    case = list(suite)[1]
    (failure,) = case.result
    assert ("logdiag.app", "app.log", "1") == (
        case.classname, case._elem.get("file"), case._elem.get("line"),
    )  # fmt: skip
    assert ("Something leaks", "some-rule") == (failure.message, failure.type)
    assert "app.log:2  2025-11-20 12:00:01Z  opened\n              line 1" in failure.text


def test_limits_and_what_cannot_be_told_are_cases() -> None:
    """A broken limit fails with its line, one that cannot be told is skipped."""
    paths = [SAMPLES / name for name in ("seed.log", "uvicorn-new.log")]
    options = ["--max-live", "1", "--all-closed", "--format", "junit"]
    result = run("check", *paths, *options)
    assert 1 == result.exit_code
    assert [
        [[], ["Failure"], ["Failure"], ["Failure"], []],
        [["Skipped"], [], ["Skipped"], ["Skipped"], []],
    ] == [
        [[type(one).__name__ for one in case.result] for case in suite]
        for suite in junitparser.JUnitXml.fromstring(result.stdout.encode())
    ]


def test_missing_lines_are_an_error(tmp_path: Path) -> None:
    """Neither passed nor failed: exit code 4."""

    def fill(source: Source) -> Batch:
        return batch(source, [event(source, 1)], [], [], [Gap(source, 400, 10, "truncated")])

    document = told(timeline(tmp_path / "t.db", fill))
    assert ["Error"] == cases(render(document, "medium"))["the log is complete"]


def test_report_writes_it_from_a_database(tmp_path: Path) -> None:
    """As `check` does; with the level that fails it."""
    db = timeline(tmp_path / "t.db", leaky)
    result = run("report", "--db", db, "--format", "junit", "--fail-on", "medium")
    assert (1, ["Failure"]) == (
        result.exit_code, cases(result.stdout)["some-rule (client address 192.0.2.7)"],
    )  # fmt: skip


@pytest.mark.parametrize("text", [*HOSTILE.values(), "\ufffe\uffff\x00]]>", "\ud800"])
def test_no_text_of_strangers_breaks_the_xml(document: Document, text: str) -> None:
    """Controls, markup, half characters: the XML is read back whole."""
    assert 3 == len(cases(render(poisoned(document, text), "medium")))
