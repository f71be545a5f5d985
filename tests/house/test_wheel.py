"""The plain wheel: built, installed with its real dependencies elsewhere, and used from there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from logdiag import __version__
from logdiag.resources import formats_dir, rules_dir

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed, away from the checkout; return what it prints."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without isolation: hatchling is among our own tools."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT]
    env = {**os.environ, "LOGDIAG_BUILD": "pure"}
    subprocess.run(list(map(str, build)), check=True, capture_output=True, env=env)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a new virtual environment that holds the wheel and what it asks for.

    The developer's pip installs into it, with its own settings and cache: the new environment has
    no pip, as making one takes longer than all the rest.
    """
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", wheel]
    subprocess.run(list(map(str, pip)), check=True, capture_output=True)
    return home / "bin"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder far from the checkout with nothing but the seed's log in it."""
    shutil.copy(ROOT / "sample_logs" / "seed.log", tmp_path)
    return tmp_path


def report(installed: Path, folder: Path) -> dict[str, Any]:
    """What `logdiag report --format json` says about the database in `folder`."""
    text = run(installed / "logdiag", "report", "--db", "x.db", "--format", "json", cwd=folder)
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_the_wheel_holds_the_package_and_its_definitions_only(wheel: Path) -> None:
    """Every format pack and rule of the checkout is in the wheel; tests and benchmarks are not."""
    names = zipfile.ZipFile(wheel).namelist()
    carried = {Path(name).name for name in names if name.startswith("logdiag/_data/rules/")}
    definitions = {path.name for place in (formats_dir(), rules_dir()) for path in place.iterdir()}
    assert definitions == carried & definitions
    assert {"logdiag", f"logdiag-{__version__}.dist-info"} == {name.split("/")[0] for name in names}


def test_the_installed_package_finds_its_own_definitions(installed: Path, tmp_path: Path) -> None:
    """Resources come from inside the installed package, and are those of the checkout."""
    code = (
        "from logdiag.resources import formats_dir, rules_dir\n"
        "for place in (formats_dir(), rules_dir()):\n"
        "    for path in sorted(place.iterdir()): print(path)"
    )
    found = [Path(line) for line in run(installed / "python", "-c", code, cwd=tmp_path).split()]
    expected = [p.name for place in (formats_dir(), rules_dir()) for p in sorted(place.iterdir())]
    assert expected == [path.name for path in found]
    assert all(path.is_relative_to(installed.parent) for path in found)


def test_help_names_the_commands(installed: Path, tmp_path: Path) -> None:
    """`logdiag --help` and `python -m logdiag --help` name what one can do."""
    for start in ([installed / "logdiag"], [installed / "python", "-m", "logdiag"]):
        text = run(*start, "--help", cwd=tmp_path)
        for command in ("watch", "ingest", "report", "check", "explain"):
            assert command in text


def test_the_seed_is_diagnosed(installed: Path, elsewhere: Path) -> None:
    """Ingesting the log that started it all finds its leak, and watching it adds nothing twice."""
    run(installed / "logdiag", "ingest", "seed.log", "--db", "x.db", cwd=elsewhere)
    first = report(installed, elsewhere)
    assert ["leak"] == [service["verdict"] for service in first["services"]]
    assert ["auth-loading-race"] == [finding["rule"] for finding in first["findings"]]
    run(installed / "logdiag", "watch", "seed.log", "--once", "--db", "x.db", cwd=elsewhere)
    again = report(installed, elsewhere)
    assert first["services"][0]["totals"] == again["services"][0]["totals"]
