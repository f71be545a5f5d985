"""Where the files lie that are not Python: in a checkout at its top, in a wheel inside the package.

A checkout:  rules/formats/*.yaml             rules/leaks/*.yaml             web/...
A wheel:     logdiag/_data/rules/formats/...  logdiag/_data/rules/leaks/...  logdiag/_data/web/...
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_data"  # pyproject.toml's `sources` put it there
CHART_SCRIPTS = ("bokeh.min.js", "bokeh-api.min.js")  # what draws charts, in this order
_ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent


def formats_dir() -> Path:
    """The folder of the built-in format packs, `*.yaml`."""
    return _ROOT / "rules" / "formats"


def rules_dir() -> Path:
    """The folder of the built-in leak rules, `*.yaml`."""
    return _ROOT / "rules" / "leaks"


def web_dir() -> Path:
    """The folder of what the browser gets: `templates/` and `static/`."""
    return _ROOT / "web"


def charts_dir() -> Path:
    """The folder of Bokeh's scripts, in its own package; found without importing it (and NumPy)."""
    spec = find_spec("bokeh")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("bokeh is not installed, which logdiag depends on")
    return Path(spec.submodule_search_locations[0]) / "server" / "static" / "js"
