"""What a file's name says: which log it belongs to, and how old it is among its rotations.

Shapes known: logrotate's `app.log.1`, `app.log-20240131`, `app.log-20240131-1706659200` and
`app.log-1706659200` (man logrotate: dateext, dateformat), Python's and winston's
`app.log.2024-01-31`, log4j's `app-2024-01-31.log`, each with or without a compression suffix.
"""

from __future__ import annotations

import re
from typing import NamedTuple

COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
_DATE = (
    r"(?:19|20)\d\d-\d\d-\d\d(?:[T_.-]?\d\d(?:[-:.]?\d\d){0,2})?"  # 2024-01-31T10-00-00
    r"|(?:19|20)\d{6,12}"  # 20240131, 2024013110
    r"|1\d{9}"  # seconds since 1970
)
_SUFFIX = re.compile(rf"[._-](?P<date>{_DATE})$|\.(?P<number>\d{{1,4}})$|\.(?P<old>old)$")
_INSIDE = re.compile(rf"[._-](?P<date>{_DATE})(?=\.[A-Za-z]+$)")
_MAX_PARTS = 4  # e.g. .2024-01-31 .3: more would be a name made of numbers


class Name(NamedTuple):
    """`family` is the live file's name, `stem` that without extension; `age` sorts oldest first.

    `rotated` says that the suffix itself tells of a rotation (`app.log.1`).
    """

    family: str
    stem: str
    age: tuple[int, str, int]
    rotated: bool


def parse_name(name: str) -> Name:
    """Take a file's name (no directory) apart. Never fails: an odd name is its own family."""
    rest = _without_compression(name)
    date, number, rotated = "", 0, False
    for _ in range(_MAX_PARTS):
        match = _SUFFIX.search(rest)
        if match is None or match.start() == 0:
            break
        rotated = True
        rest = rest[: match.start()]
        if match["date"]:
            date = re.sub(r"\D", "", match["date"]).ljust(14, "0") + date
        else:
            number = int(match["number"] or 1)
    inside = _INSIDE.search(rest)
    if inside is not None and inside.start() > 0:
        date = date or re.sub(r"\D", "", inside["date"]).ljust(14, "0")
        rest = rest[: inside.start()] + rest[inside.end() :]
    return Name(rest, _stem(rest), _age(date, number), rotated)


def _without_compression(name: str) -> str:
    for suffix in COMPRESSED_SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def _stem(family: str) -> str:
    stem, dot, extension = family.rpartition(".")
    return stem if dot and stem and extension.isalnum() else family


def _age(date: str, number: int) -> tuple[int, str, int]:
    """Numbered files are older the higher their number; stamped ones sort by their stamp."""
    if date:
        return (1, date, number)
    return (0, "", -number) if number else (2, "", 0)
