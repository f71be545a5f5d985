"""What a build makes where it can compile or cannot, by the real hook; `test_compiled` compiles."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The two languages, what is asked for seldom, and what only logs that name nobody need.
PLAIN = """
    __init__ expression handover measures mistakes nameless preview rulecases tabs
    verdict withholding
"""
WHEEL = "from hatchling.build import build_wheel as build; print(build('{}'))"
EDITABLE = "from hatchling.build import build_editable as build; print(build('{}'))"
REQUIRED = "from hatchling.build import get_requires_for_build_wheel as get; print(get())"


def build(code: str, out: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Ask the build backend as pip does; a compiler is `true` unless `env` names another."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("LOGDIAG_")}
    return subprocess.run(
        [sys.executable, "-c", code.format(out)], cwd=ROOT, env={**kept, "CC": "true", **env},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def mypyc(tmp_path: Path) -> str:
    """Where a mypyc lies that gives up, as the real one does where mypy finds a mistake."""
    folder = tmp_path / "packages" / "mypyc"
    folder.mkdir(parents=True)
    (folder / "build.py").write_text("def mypycify(*_, **options): raise SystemExit('a mistake')")
    (folder / "__init__.py").touch()
    return str(folder.parent)


def test_each_module_that_judges_is_compiled_or_known_not_to_be() -> None:
    """One that is forgotten would be found by its slowness only."""
    code = "import hatch_build; print(hatch_build.NAMES)"
    compiled = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    modules = sorted(path.stem for path in (ROOT / "logdiag" / "diagnosis").glob("*.py"))
    assert modules == sorted((compiled + PLAIN).split())


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"CC": "/nowhere/cc"}, "there is no C compiler: [Errno 2]"),
        ({"CC": "", "PATH": "/nowhere"}, "there is no C compiler: [Errno 2]"),
        ({"CC": "false"}, "false does not compile Python's headers"),
    ],
)
def test_without_a_compiler_the_wheel_is_plain(
    env: dict[str, str], why: str, tmp_path: Path
) -> None:
    """It is told why, and what to do, before anything is fetched or looked at."""
    done = build(WHEEL, tmp_path, **env)
    assert "py3-none-any" in done.stdout, done.stderr
    assert (True, True) == (why in done.stderr, "apt-get install gcc" in done.stderr)
    assert "[]\n" == build(REQUIRED, tmp_path, **env).stdout


def test_where_compiling_fails_the_wheel_is_plain(mypyc: str, tmp_path: Path) -> None:
    """Whatever it is that goes wrong, an install does not."""
    done = build(WHEEL, tmp_path, PYTHONPATH=mypyc)
    assert "py3-none-any" in done.stdout, done.stderr
    assert "a mistake" in done.stderr


def test_with_a_compiler_what_compiles_is_asked_for(tmp_path: Path) -> None:
    """A build by itself in an environment of its own gets mypy there."""
    assert "'mypy>=" in build(REQUIRED, tmp_path).stdout


def test_pure_does_not_try(mypyc: str, tmp_path: Path) -> None:
    """What nobody asks for is neither fetched nor complained about."""
    done = build(WHEEL, tmp_path, LOGDIAG_BUILD="pure", PYTHONPATH=mypyc)
    assert (True, "") == ("py3-none-any" in done.stdout, done.stderr)
    assert "[]\n" == build(REQUIRED, tmp_path, LOGDIAG_BUILD="pure").stdout


@pytest.mark.parametrize(
    ("asked", "compiler", "why"),
    [
        ("compiled", "/nowhere/cc", "there is no C compiler"),
        ("compiled", "true", "a mistake"),
        ("pur", "true", "LOGDIAG_BUILD is 'pur'; it may be auto, compiled or pure."),
    ],
)
def test_what_cannot_be_had_as_asked_fails(
    asked: str, compiler: str, why: str, mypyc: str, tmp_path: Path
) -> None:
    """A packager gets what he asked for, or nothing."""
    done = build(WHEEL, tmp_path, LOGDIAG_BUILD=asked, CC=compiler, PYTHONPATH=mypyc)
    assert (1, "", True) == (done.returncode, done.stdout, why in done.stderr)


def test_an_editable_install_is_never_compiled(mypyc: str, tmp_path: Path) -> None:
    """What one edits runs as one wrote it."""
    done = build(EDITABLE, tmp_path, LOGDIAG_BUILD="compiled", PYTHONPATH=mypyc)
    assert (0, True, "") == (done.returncode, "py3-none-any" in done.stdout, done.stderr)
