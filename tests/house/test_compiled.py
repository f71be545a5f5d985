"""The wheel as it is built without asking: compiled, and judging as the plain package does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOGS = sorted((ROOT / "sample_logs").glob("*.log"))
HEADERS = Path(sysconfig.get_paths()["include"]) / "Python.h"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("cc") and HEADERS.exists()),
        reason="needs a C compiler and Python's headers: apt-get install gcc python3-dev",
    ),
]


def run(package: Path, *command: str | Path, cwd: Path) -> str:
    """What a Python prints that finds logdiag there; findings (exit code 1) are no failure."""
    env = {**os.environ, "PYTHONPATH": str(package)}
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the compiled wheel holds; the C compiler need not optimise it."""
    out = tmp_path_factory.mktemp("compiled")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT]
    env = {**os.environ, "LOGDIAG_BUILD": "auto", "LOGDIAG_BUILD_OPT": "0"}
    subprocess.run(list(map(str, build)), check=True, capture_output=True, env=env)
    (wheel,) = out.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(out / "package")
    return out / "package"


def test_what_judges_is_compiled(compiled: Path, tmp_path: Path) -> None:
    """The extension modules come first, beside the sources they were made of."""
    code = "import logdiag.diagnosis.detector as d, logdiag; print(d.__file__, logdiag.__file__)"
    judging, package = run(compiled, "-c", code, cwd=tmp_path).split()
    assert judging.endswith(sysconfig.get_config_var("EXT_SUFFIX"))
    assert Path(package).is_relative_to(compiled)
    assert run(compiled, "-m", "logdiag", "--version", cwd=tmp_path).endswith("judging: compiled\n")


def test_all_rules_pass_their_tests(compiled: Path, tmp_path: Path) -> None:
    """Every rule's own tests, among them restarts, gaps and late closes."""
    printed = run(compiled, "-m", "logdiag", "rules", "test", cwd=tmp_path)
    assert "100% covered" in printed


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.stem)
def test_it_judges_alike(compiled: Path, tmp_path: Path, log: Path) -> None:
    """The same report of a real log, compiled or not."""
    reports: list[dict[str, Any]] = []
    for package in (compiled, ROOT):
        text = run(package, "-m", "logdiag", "check", log, "--format", "json", cwd=tmp_path)
        reports.append({**json.loads(text), "generated_at": None})
    assert reports[0]["services"]
    assert reports[0] == reports[1]
