"""The commands that docs/ci.md shows run, and pass on a healthy log."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import junitparser
import pytest
import yaml

from tests.faces.running import run

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")
HEALTHY = """\
2026-11-20T10:00:00.000Z info: WebSocket connection a1 established. Total: 1
2026-11-20T10:00:05.000Z info: WebSocket connection a1 closed (code 1000). Total: 0
"""


def strings(value: Any) -> list[str]:
    """Every text in a YAML document."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def commands() -> list[str]:
    """Those of the shell and YAML blocks, and those between backticks that name a file."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    found = [line for block in blocks for line in block.splitlines()]
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        found += strings(yaml.safe_load(block))
    found += re.findall(r"`(logdiag check [^`]*)`", PAGE)
    return [line for line in found if line.startswith("logdiag ")]


@pytest.mark.parametrize("command", commands())
def test_every_command_shown_runs(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each passes where one connection opened and closed, and writes the file that it names."""
    monkeypatch.chdir(tmp_path)
    Path("server.log").write_text(HEALTHY, encoding="utf-8")
    result = run(*shlex.split(command)[1:])
    assert (0, "") == (result.exit_code, result.stderr)
    if "junit" in command:
        assert 0 == sum(suite.failures for suite in junitparser.JUnitXml.fromfile("logdiag.xml"))


def test_the_page_shows_commands() -> None:
    """The test above has something to run: the line, both services, and the advice."""
    assert 5 == len(commands())
