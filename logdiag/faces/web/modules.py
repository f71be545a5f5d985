"""The page's own scripts as one: a browser need not ask for thirty modules, wave after wave.

There is no build step: the modules are put together as they are, whenever they are asked for.
"""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup

from logdiag import resources

_SHEETS = ("tokens.css", "page.css", "detail.css", "print.css")

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "(\.\.?/[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def bundle(entry: Path) -> str:
    """A module and all that it imports as one script: each a function that returns its exports.

    `entry` lies above or beside all of them, which are named by their paths from there.
    """
    top = entry.parent.resolve()
    parts: dict[str, str] = {}

    def add(path: Path) -> str:
        """The module's name, once it and what it imports are in `parts`."""
        name = path.resolve().relative_to(top).as_posix()
        if name not in parts:
            text = path.read_text("utf-8")

            def taken(imported: re.Match[str]) -> str:
                given = imported[1].replace(" as ", ": ")
                return f'const {given} = modules["{add(path.parent / imported[2])}"];\n'

            body = _EXPORT.sub(r"\1", _IMPORT.sub(taken, text))
            names = ", ".join(found for _, found in _EXPORT.findall(text))
            parts[name] = f'modules["{name}"] = (() => {{\n{body}\nreturn {{ {names} }};\n}})();\n'
        return name

    add(entry)
    return "const modules = {};\n" + "".join(parts.values())


def styles() -> Markup:
    """All style sheets, for a page that can fetch none."""
    static = resources.web_dir() / "static"
    return Markup("".join((static / name).read_text("utf-8") for name in _SHEETS))
