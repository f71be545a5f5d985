"""Expressions mean the same in every Python that we run in."""

from __future__ import annotations

import re
from pathlib import Path

from logdiag.engines.knowledge import load_formats
from logdiag.engines.settings import Settings

ROOT = Path(__file__).parents[2]
# Before 3.11.5 a group that is repeated possessively misses what it should match, in silence
# (https://github.com/python/cpython/issues/106052); an atomic group around it is right.
BROKEN = re.compile(r"(?<!\\)\)(?:[*+?]|\{+[0-9,]+\}+)\+")


def test_no_group_is_repeated_possessively() -> None:
    """Neither in the code nor in what it makes of patterns: `(?>(?:a)?)` instead of `(?:a)?+`."""
    assert BROKEN.search(r"(?:a|b){2,3}+")
    assert not BROKEN.search(r"[^)]++\)?+")
    texts = {str(path): path.read_text("utf-8") for path in ROOT.glob("logdiag/**/*.py")}
    programs = [one.program for pack in load_formats(Settings()).packs for one in pack.patterns]
    texts |= {program.source: program.source for program in programs}
    assert programs
    assert [] == [name for name, text in texts.items() if BROKEN.search(text)]
