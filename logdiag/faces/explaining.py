"""The command `explain`."""
from __future__ import annotations
from logdiag.faces.shell import guarded

@guarded
def explain() -> int:
    """x"""
    return 0
