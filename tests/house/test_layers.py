"""Which room may import which: the contracts of pyproject.toml."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the package that lies in `folder`."""
    linter = Path(sys.executable).with_name("lint-imports")
    command = [str(linter), "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_no_room_imports_upwards_or_sideways() -> None:
    """Each room imports only the rooms below it, and the pure rooms touch nothing outside."""
    run = lint_imports(ROOT)
    assert 0 == run.returncode, run.stdout + run.stderr


def test_a_sideways_import_is_caught(tmp_path: Path) -> None:
    """The contracts bite: one import from formats into tailing breaks them."""
    shutil.copytree(ROOT / "logdiag", tmp_path / "logdiag")
    with (tmp_path / "logdiag/formats/__init__.py").open("a") as room:
        room.write("\nimport logdiag.tailing\n")
    run = lint_imports(tmp_path)
    assert 1 == run.returncode
    assert "logdiag.formats is not allowed to import logdiag.tailing" in run.stdout


def test_a_clock_in_a_pure_room_is_caught(tmp_path: Path) -> None:
    """The contracts bite: the diagnosis must not read a clock."""
    shutil.copytree(ROOT / "logdiag", tmp_path / "logdiag")
    with (tmp_path / "logdiag/diagnosis/__init__.py").open("a") as room:
        room.write("\nimport time\n")
    run = lint_imports(tmp_path)
    assert 1 == run.returncode
    assert "logdiag.diagnosis is not allowed to import time" in run.stdout
