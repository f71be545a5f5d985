"""Engines in processes of their own: limited, measured, killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

_HEAD = """
import resource, signal, sys, threading
from pathlib import Path
from logdiag.engines import pipeline
from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Settings
from logdiag.engines.watch import watch
from logdiag.errors import TimelineError
log, db = sys.argv[1], Path(sys.argv[2])
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
"""


def python(script: str, log: Path, db: Path) -> list[str]:
    """Lay out a command that runs `script` over `log` and `db`."""
    return [sys.executable, "-c", _HEAD + script, str(log), str(db)]


def said(script: str, log: Path, db: Path) -> list[str]:
    """What the script prints; it must end well and complain of nothing."""
    child = subprocess.run(
        python(script, log, db), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (0, "") == (child.returncode, child.stderr)
    return child.stdout.splitlines()
