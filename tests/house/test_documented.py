"""The documentation says what the code does: commands, make targets, links, the changelog."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from logdiag import __version__

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for top in ("docs", "rules", "benchmarks", "sample_logs")
                           for page in (ROOT / top).rglob("*.md"))]
)  # fmt: skip
CHANGE_KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def commands() -> set[str]:
    """The names of logdiag's commands, from the command line itself."""
    from logdiag.faces.cli import app

    group = typer.main.get_command(app)
    return set(group.commands)  # type: ignore[attr-defined]


def code_of(page: Path) -> str:
    """The page's code: fenced and indented blocks, and what stands between backticks."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```.*?^```", text, re.DOTALL | re.MULTILINE)
    indented = re.findall(r"^ {4}.*$", text, re.MULTILINE)
    return "\n".join([*fenced, *indented, *re.findall(r"`[^`\n]+`", text)])


def test_every_command_is_in_the_readme() -> None:
    """Each command of the command line appears in the README as `logdiag <command>`."""
    code = code_of(ROOT / "README.md")
    assert set() == {name for name in commands() if f"logdiag {name}" not in code}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_command_that_is_not_there(page: Path) -> None:
    """Whatever a page's code calls `logdiag <command>` exists."""
    named = set(re.findall(r"(?:^|[\s`/$|])logdiag ([a-z]+)\b", code_of(page), re.MULTILINE))
    assert set() == named - commands()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_make_target_that_is_not_there(page: Path) -> None:
    """Whatever a page's code calls `make <target>` exists."""
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^|[\s`$])make ([a-z]+)\b", code_of(page), re.MULTILINE)
    assert set() == set(named) - set(targets)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(page: Path) -> None:
    """A relative link points at a file or folder that exists."""
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [] == [link for link in local if not (page.parent / link).exists()]


def test_the_changelog_keeps_its_format() -> None:
    """The changelog is keep-a-changelog's: newest first, known kinds of change, this version."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    released = [
        re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d", head) for head in heads[1:]
    ]
    assert text.startswith("# Changelog\n")
    assert "[Unreleased]" == heads[0]
    assert None not in released
    versions = [tuple(map(int, match.groups())) for match in released if match]
    assert sorted(versions, reverse=True) == versions
    assert released[0:1] == [] or heads[1].startswith(f"[{__version__}] - ")
    assert set() == set(re.findall(r"^### (.*)$", text, re.MULTILINE)) - CHANGE_KINDS
