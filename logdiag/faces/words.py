"""How times, durations, sizes and strangers' text are written for people. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

# Control characters (ECMA-48: C0, DEL, C1), and those that reorder text on a terminal (UAX #9);
# line and paragraph separators break lines. Log text comes clean from the store; file names,
# service names and rule texts need not be.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_BEFORE = 24  # characters shown before a word that is to be seen: its key
_SIZES = ("B", "kB", "MB", "GB", "TB")


def safe(text: str) -> str:
    r"""The text with what would steer a terminal written out, as in \x1b or \u202e."""
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def clipped(text: str, most: int = 1_000) -> str:
    """The text made safe, at most so many characters of it."""
    clean = safe(text[: most + 1])
    return clean if len(clean) <= most else clean[: most - 3] + "..."


def excerpt(text: str, most: int, needed: Sequence[tuple[str, int]]) -> str:
    """The text made safe; a long one cut within, so that about `most` characters are left.

    `needed`: words that are to be seen where they stand first, and how many characters from there.
    The beginning and the end are, too: what a line is, and what loggers write last.
    """
    clean = safe(text)
    if len(clean) <= most:
        return clean
    part = most // 4
    kept = {*range(part), *range(len(clean) - part, len(clean))}
    for word, length in needed:
        place = clean.find(word)
        more = range(max(0, place - _BEFORE), min(len(clean), place + length))
        if place >= 0 and len(kept.union(more)) <= most:
            kept.update(more)
    places = sorted(kept)
    gaps = {place for before, place in pairwise(places) if place != before + 1}
    return "".join((" ... " if place in gaps else "") + clean[place] for place in places)


def moment(iso: str | None) -> str:
    """`2026-11-20T10:00:00.123Z` as `2026-11-20 10:00:00Z`; "" for no time."""
    if iso is None:
        return ""
    return re.sub(r"\.\d+", "", iso).replace("T", " ")


def lead(note: str) -> str:
    """The first sentence of a finding's note, to stand within another one."""
    first = note.partition(". ")[0]
    return first[:1].lower() + first[1:]


def seconds_between(begin: str, end: str) -> float:
    """From one ISO 8601 time to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def spoken(seconds: float) -> str:
    """A duration in at most two units: 0.3 s, 12 s, 4 min 10 s, 3 h, 2 d 4 h."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 ", " ")
    whole = round(seconds)
    for size, unit, smaller_size, smaller in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller_size
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def size(count: int) -> str:
    """Bytes as `812 B`, `18.7 kB`, `1.2 GB`."""
    value, unit = float(count), 0
    while value >= 999.95 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    return f"{count} B" if not unit else f"{value:.1f} {_SIZES[unit]}"


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 line`, `2 lines`, `1,234 lines`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
