"""What docs/ci.md shows runs: it passes on a healthy log, and its jobs fail on a leaky one."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
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
LEAKY = HEALTHY.splitlines(keepends=True)[0]
YAML = [
    yaml.safe_load(block)
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
]
READERS_OWN = ("pip", "npm", "run-tests.sh")  # what the page leaves to its reader


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
    found += strings(YAML)
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
    told = "CLEAN: server: 1 opened, 1 closed, 0 live at the end.\n" if " -o " in command else ""
    assert (0, told) == (result.exit_code, result.stderr)
    if "junit" in command:
        assert 0 == sum(suite.failures for suite in junitparser.JUnitXml.fromfile("logdiag.xml"))


def scripts(document: dict[str, Any]) -> list[str]:
    """The shell scripts of a job, in the order in which they run, each by itself."""
    (job,) = document.get("jobs", document).values()
    steps = job.get("steps", [])
    assert all(("run" in step) != ("uses" in step) for step in steps)
    lists = [job[key] for key in ("script", "after_script") if key in job]
    return [step["run"] for step in steps if "run" in step] + ["\n".join(one) for one in lists]


@pytest.mark.parametrize("log", [HEALTHY, LEAKY], ids=["healthy", "leaky"])
@pytest.mark.parametrize("document", YAML, ids=["github", "gitlab"])
def test_each_job_runs(document: dict[str, Any], log: str, tmp_path: Path) -> None:
    """By bash, as CI servers do it; the reader's own tests are a script that writes the log."""
    (tmp_path / "written.log").write_text(log, encoding="utf-8")
    for name in READERS_OWN:
        (tmp_path / name).write_text("#!/bin/sh\ncp written.log server.log\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    path = os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]])
    codes = [
        subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script], cwd=tmp_path, check=False,
            env={**os.environ, "PATH": path}, capture_output=True,
        ).returncode
        for script in scripts(document)
    ]  # fmt: skip
    assert (log is LEAKY) == any(codes)
    assert 1 <= len(junitparser.JUnitXml.fromfile(str(tmp_path / "logdiag.xml")))


def test_the_page_shows_commands() -> None:
    """The test above has something to run: the line, both services, and the advice."""
    assert 5 == len(commands())
