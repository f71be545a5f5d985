"""Compiles what judges events, where that is possible; the same code, four times as fast.

LOGDIAG_BUILD says what `pip install .` and every other build of a wheel makes:

    auto        compiled where a C compiler and Python's headers are, else plain; it is the default
    compiled    compiled, and a failure where that is not possible
    pure        plain Python, for any machine

An editable install stays as it is written. Most of the time goes into optimisation;
LOGDIAG_BUILD_OPT=0 leaves it out, where speed is not what is tested.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What each event passes through, and what looks at a group; the two languages do not repay it.
NAMES = """
    accounts asks attempts awaited baseline behind candidates checking clients connections counting
    court deliveries derived deriving description detector echoes ending followed following
    functions grouping groupings groups guards handshakes heartbeat judgement known lifecycle
    lifetimes live losses marks moments names notes order origins overlay patience possible
    processes quality questions rates recent refusals replaced rules service silence surroundings
    terms ticks totals trend view visits windows yielding
"""

REQUIRES = ["mypy>=1.13", "pyparsing>=3.2", "setuptools>=77", "types-PyYAML"]

PLAIN = f"""\
logdiag is built as plain Python, which judges about four times slower than compiled. Why:
  {{}}
Compiling needs a C compiler and Python's headers (on Debian: apt-get install gcc python3-dev) and,
without build isolation, {", ".join(REQUIRES)}. Then build it again.
LOGDIAG_BUILD=pure asks for plain Python, LOGDIAG_BUILD=compiled fails instead.
"""


def wanted() -> str:
    """What LOGDIAG_BUILD asks for."""
    word = os.environ.get("LOGDIAG_BUILD") or "auto"
    if word not in ("auto", "compiled", "pure"):
        raise SystemExit(f"LOGDIAG_BUILD is {word!r}; it may be auto, compiled or pure.")
    return word


def hindrance() -> str:
    """Why nothing can be compiled here, or nothing: asked before anything that takes long."""
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "")
    if sys.implementation.name != "cpython" or not compiler:
        return f"mypyc compiles for CPython on POSIX, and this is {sys.version}"
    folders = {sysconfig.get_path("include"), sysconfig.get_path("platinclude")}
    headers = [f"-I{folder}" for folder in sorted(folders)]
    try:
        subprocess.run(
            [*compiler, *headers, "-fsyntax-only", "-x", "c", "-"],
            input="#include <Python.h>\n", text=True, check=True, capture_output=True,
        )  # fmt: skip
    except OSError as problem:
        return f"there is no C compiler: {problem}"
    except subprocess.CalledProcessError as problem:
        return f"{shlex.join(compiler)} does not compile Python's headers: {problem.stderr}"
    return ""


class CompiledBuildHook(BuildHookInterface[Any]):
    """Puts mypyc's extension modules beside the sources that they were made of."""

    _built: TemporaryDirectory[str] | None = None

    def dependencies(self) -> list[str]:
        """What compiling needs besides; nothing is fetched in vain."""
        return [] if wanted() == "pure" or hindrance() else REQUIRES

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile for this interpreter and platform, or say why not."""
        if version == "editable" or wanted() == "pure":
            return
        try:
            if why := hindrance():
                raise RuntimeError(why)
            self._compile(build_data)
        except (Exception, SystemExit) as problem:  # mypyc exits where mypy finds a mistake
            if wanted() == "compiled":
                raise
            self.app.display_warning(PLAIN.format(problem))

    def _compile(self, build_data: dict[str, Any]) -> None:
        from mypyc.build import mypycify
        from setuptools import Distribution

        self._built = TemporaryDirectory()
        folder = Path(self._built.name)
        nowhere = f"--cache-dir={os.devnull}"  # the source tree may be read-only
        sources = [nowhere, *(f"logdiag/diagnosis/{name}.py" for name in NAMES.split())]
        level = os.environ.get("LOGDIAG_BUILD_OPT", "3")
        target = str(folder / "c")
        extensions = mypycify(sources, opt_level=level, debug_level="0", target_dir=target)
        build = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
        for extension in extensions:  # else each call within goes by way of the linker's table
            extension.extra_compile_args.append("-fno-semantic-interposition")
        build.build_lib, build.build_temp = str(folder / "lib"), str(folder / "temp")
        build.ensure_finalized()
        build.run()
        for module in (folder / "lib").rglob("*.*"):
            build_data["force_include"][str(module)] = str(module.relative_to(folder / "lib"))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what the compiler left."""
        if self._built:
            self._built.cleanup()
