"""Compiles what judges events, where a build asks for it; the same code, four times as fast.

    HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 pip install .

It needs a C compiler and Python's headers. An editable install stays as it is written. Most of the
time goes into optimisation; LOGDIAG_BUILD_OPT=0 leaves it out, where speed is not what is tested.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What each event passes through, and what looks at a group; the two languages do not repay it.
NAMES = """
    asks attempts awaited baseline candidates checking clients connections counting court
    deliveries derived deriving description detector echoes ending followed following functions
    grouping groupings groups guards handshakes heartbeat judgement known lifecycle lifetimes
    live losses marks moments names notes order origins overlay patience possible processes
    quality recent refusals rules service surroundings terms ticks totals trend view visits
    windows yielding
"""


class CompiledBuildHook(BuildHookInterface[Any]):
    """Puts mypyc's extension modules beside the sources that they were made of."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile for this interpreter and platform; `finalize` removes what is left over."""
        if version == "editable":
            return
        from mypyc.build import mypycify
        from setuptools import Distribution

        self._built = TemporaryDirectory()
        folder = Path(self._built.name)
        sources = [f"logdiag/diagnosis/{name}.py" for name in NAMES.split()]
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
        if version != "editable":
            self._built.cleanup()
