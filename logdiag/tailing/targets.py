"""What was asked for becomes targets: which service, which path."""

# ruff: noqa: PTH100, PTH110, PTH111, PTH112, PTH118, PTH119, PTH120, PTH206, PTH207
# Patterns, "-" and NAME=PATH are strings, and the sweep goes on with strings.
from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from logdiag.errors import SourceError
from logdiag.tailing.names import parse_name

STDIN = "-"
_NAMED = re.compile(r"(?P<name>[^\s=/\\]+)=(?P<path>.+)", re.DOTALL)
_GLOB = re.compile(r"[*?\[]")


class Target(NamedTuple):
    """One path to read. `root` is absolute, or "-" for stdin; `given` is the argument itself."""

    service: str
    root: str
    given: str


class _Wish(NamedTuple):
    name: str  # "" if not given
    path: str
    given: str


def targets(args: Sequence[str], *, may_appear: bool = False) -> list[Target]:
    """Turn PATH and NAME=PATH arguments into targets, the rotations of one log oldest first.

    `may_appear` (watch) lets a file be missing where its directory exists.
    Raises SourceError for a path that does not exist and for a pattern that matches nothing.
    """
    wishes = [wish for arg in args for wish in _wishes(arg, may_appear)]
    groups: dict[tuple[str, ...], list[_Wish]] = {}
    for wish in wishes:
        group = groups.setdefault(_identity(wish), [])
        if all(wish.path != other.path for other in group):
            group.append(wish)
    names = _distinct_names(groups)
    return [
        Target(names[key], wish.path, wish.given)
        for key, group in groups.items()
        for wish in sorted(group, key=lambda wish: parse_name(os.path.basename(wish.path)).age)
    ]


def _wishes(arg: str, may_appear: bool) -> list[_Wish]:
    name, path = "", arg
    match = _NAMED.fullmatch(arg)
    if match is not None and not os.path.lexists(arg):
        name, path = match["name"], match["path"]
    if path == STDIN:
        return [_Wish(name, STDIN, arg)]
    full = os.path.abspath(os.path.expanduser(path))
    if os.path.exists(full):
        return [_Wish(name, full, arg)]
    if _GLOB.search(path):
        found = sorted(glob.glob(full, recursive=True))
        if found:
            return [_Wish(name, each, arg) for each in found]
        raise SourceError(f"{path}: no file matches this pattern.", "Check it with `ls`.")
    if may_appear and os.path.isdir(os.path.dirname(full)) and not path.endswith(os.sep):
        return [_Wish(name, full, arg)]
    raise SourceError(f"{path}: there is no such file or directory.", _hint(full))


def _hint(path: str) -> str:
    parent = os.path.dirname(path)
    while not os.path.isdir(parent):
        parent = os.path.dirname(parent)
    return f"Check the spelling; the nearest directory that exists is {parent}."


def _identity(wish: _Wish) -> tuple[str, ...]:
    """Arguments with the same identity are one service."""
    if wish.name:
        return ("name", wish.name)
    if wish.path == STDIN:
        return ("stdin",)
    if os.path.isdir(wish.path):
        return ("directory", wish.path)
    directory, name = os.path.split(wish.path)
    return ("file", directory, parse_name(name).stem)


def _distinct_names(groups: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """A name per group; where two are called the same, parent directories tell them apart."""
    keys = list(groups)
    depth = dict.fromkeys(keys, 1)
    while True:
        names = {key: _name(key, depth[key]) for key in keys}
        longer = {
            key
            for key in keys
            if sum(names[key] == name for name in names.values()) > 1
            and _name(key, depth[key] + 1) != names[key]
        }
        if not longer:
            return names
        for key in longer:
            depth[key] += 1


def _name(key: tuple[str, ...], depth: int) -> str:
    if key[0] == "name":
        return key[1]
    if key[0] == "stdin":
        return "stdin"
    path = key[1] if key[0] == "directory" else os.path.join(key[1], key[2])
    parts = [part for part in path.split(os.sep) if part]
    return "/".join(parts[-depth:]) or os.sep
