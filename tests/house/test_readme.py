"""The README's commands run, and its output is what they really print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"^```console\n\$ (.*?)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
SHELL = [
    line.partition("#")[0].strip()
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
]
COMMANDS = [line for line in SHELL if line.startswith("logdiag ")]


def run(command: str, db: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run `logdiag` as a process, from the checkout, with a database of its own."""
    environment = {**os.environ, "LOGDIAG_DB": str(db), "COLUMNS": "80"}
    return subprocess.run(
        [sys.executable, "-m", "logdiag", *words], cwd=ROOT, env=environment, text=True,
        capture_output=True, timeout=600, check=False,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """What the README's own paths stand for: a reader's logs and definitions."""
    logs = tmp_path / "app"
    logs.mkdir()
    (logs / "app.log").write_bytes((ROOT / "sample_logs" / "node-leaky.log").read_bytes())
    (tmp_path / "my-formats").mkdir()
    (tmp_path / "my-rules").mkdir()
    return {
        "/var/log/app": str(logs), "/var/log/shop": str(logs), "/var/log/api": str(logs),
        "/var/log/app/*.gz": str(logs / "*.log"), "my-formats": str(tmp_path / "my-formats"),
        "my-rules": str(tmp_path / "my-rules"), "leak.html": str(tmp_path / "leak.html"),
    }  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shown_runs(command: str, place: dict[str, str], tmp_path: Path) -> None:
    """Each command does its work; `watch` is told to stop when all is read."""
    words = [place.get(word, word) for word in shlex.split(command)[1:]]
    words = [_within(word, place) for word in words]
    db = tmp_path / "timeline.db"
    run("ingest", db, ["ingest", place["/var/log/app"]])
    if words[0] == "web" or "--web" in words:
        serve(db, [*words, "--port", "0"])
        return
    if words[0] == "watch":
        words.append("--once")
    done = run(command, db, words)
    expected = 1 if "--fail-on" in words else 0
    assert (expected, "") == (done.returncode, done.stderr if done.returncode > 1 else "")


def serve(db: Path, words: list[str]) -> None:
    """Start the page, look at it, and tell it to stop."""
    environment = {**os.environ, "LOGDIAG_DB": str(db)}
    with subprocess.Popen(
        [sys.executable, "-m", "logdiag", *words], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url is not None
        with urllib.request.urlopen(url[0]) as page:
            assert 200 == page.status
        process.terminate()
    assert 0 == process.returncode


def _within(word: str, place: dict[str, str]) -> str:
    name, equals, path = word.partition("=")
    return f"{name}={place[path]}" if equals and path in place else word


@pytest.mark.parametrize(("command", "output"), CONSOLE, ids=[c for c, _ in CONSOLE])
def test_the_output_shown_is_real(command: str, output: str, tmp_path: Path) -> None:
    """What stands below a command is what it prints, to the letter."""
    done = run(command, tmp_path / "timeline.db", shlex.split(command)[1:])
    assert output in done.stdout


def test_the_readme_shows_commands() -> None:
    """The tests above have something to run."""
    assert (True, True) == (len(COMMANDS) > 8, len(CONSOLE) > 1)
