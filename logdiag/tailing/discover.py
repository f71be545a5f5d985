"""Which files of a target are logs."""

# ruff: noqa: PTH112, PTH116, PTH118, PTH123, PTH208
# The sweep looks at thousands of files each second; plain strings are 5 times faster than Path.
from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Literal, NamedTuple

from logdiag.tailing.names import parse_name
from logdiag.tailing.notices import Notice
from logdiag.tailing.targets import STDIN, Target

SNIFF_SIZE = 4096  # bytes; one page
BINARY = 50  # one zero in so many bytes makes a file binary
A_FEW = 8  # so many do not, however small it is
Kind = Literal["plain", "gz", "bz2", "xz", "zst", "unreadable"]
_MAGIC: tuple[tuple[bytes, str, Kind], ...] = (
    (b"\x1f\x8b", ".gz", "gz"),  # RFC 1952 section 2.3.1
    (b"BZh", ".bz2", "bz2"),
    (b"\xfd7zXZ\x00", ".xz", "xz"),  # xz file format 1.2.0 section 2.1.1.1
    (b"\x28\xb5\x2f\xfd", ".zst", "zst"),  # RFC 8878 section 3.1.1
)
_SKIPPABLE_FRAME = b"\x2a\x4d\x18"  # RFC 8878 section 3.1.2: 0x184D2A5?, pzstd begins with one
BINARY_SUFFIXES = (
    *(".db", ".db-wal", ".db-shm", ".db-lock", ".db-journal", ".sqlite", ".sqlite3", ".journal"),
    *(".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip", ".7z", ".rar", ".jar"),
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".pdf", ".pcap", ".core", ".swp", ".lock"),
    *(".pyc", ".so", ".o", ".a", ".dll", ".exe", ".class", ".whl", ".bin", ".mo", ".woff2", "~"),
)
MAX_DEPTH = 32  # directories below the root; deeper is a loop the checks did not see


class Found(NamedTuple):
    """One file: `path` is real, `shown` is relative to the target.

    `given`: asked for, not a neighbour that only serves to find a rotated file again.
    """

    service: str
    path: str
    shown: str
    kind: Kind
    device: int
    inode: int
    size: int
    mtime: int  # nanoseconds
    given: bool = True

    @property
    def key(self) -> tuple[int, int]:
        """Device and inode."""
        return (self.device, self.inode)


class Discoverer:
    """Looks at targets again and again; remembers what it has found out about each file.

    `notices` are those of the last look. `blind` holds the services of which a part could not
    be seen, so that nothing may be called deleted.
    """

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.blind: set[str] = set()
        self._directories: set[str] = set()
        self._kinds: dict[tuple[int, int, str], tuple[int, Kind | None]] = {}
        self._used: dict[tuple[int, int, str], tuple[int, Kind | None]] = {}

    def look(self, targets: list[Target]) -> list[Found]:
        """All log files of all targets in stable order, each file (device, inode) once."""
        self.notices, self.blind, self._used = [], set(), {}
        found: dict[tuple[int, int], Found] = {}
        for target in targets:
            for one in self._target(target):
                known = found.get(one.key)
                if known is None or (one.given and not known.given):
                    found[one.key] = one
        self._kinds = self._used
        return list(found.values())

    def _target(self, target: Target) -> list[Found]:
        if target.root == STDIN:
            return []
        if os.path.isdir(target.root):
            self._directories.add(target.root)
            found = list(self._directory(target, target.root, "", set(), 0))
            if not found and not self.notices:
                self._say(target.root, "there are no log files in this directory", "", "info")
        elif target.root in self._directories:
            self.blind.add(target.service)  # not mounted, perhaps: nothing in it is called deleted
            self._say(target.root, "the directory is not there any more", "It is awaited.")
            return []
        else:
            found = self._file(target)
        once: dict[tuple[int, int], Found] = {}
        for one in found:
            if one.key not in once or (one.given and not once[one.key].given):
                once[one.key] = one
        return sorted(once.values(), key=_reading_order)

    def _directory(
        self, target: Target, path: str, shown: str, seen: set[tuple[int, int]], depth: int
    ) -> Iterator[Found]:
        try:
            status = os.stat(path)
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            self._unseen(target, path, error)
            return
        if (status.st_dev, status.st_ino) in seen or depth > MAX_DEPTH:
            return
        seen.add((status.st_dev, status.st_ino))
        links: list[os.DirEntry[str]] = []
        for entry in entries:
            if entry.is_symlink():
                links.append(entry)  # last: where a link and its file are both here, the file wins
                continue
            yield from self._entry(target, entry, shown, seen, depth)
        for entry in links:
            yield from self._entry(target, entry, shown, seen, depth)

    def _entry(
        self,
        target: Target,
        entry: os.DirEntry[str],
        shown: str,
        seen: set[tuple[int, int]],
        depth: int,
    ) -> Iterator[Found]:
        label = f"{shown}{entry.name}"
        try:
            if entry.is_dir():
                if not entry.name.startswith("."):
                    yield from self._directory(target, entry.path, f"{label}/", seen, depth + 1)
                return
            status = entry.stat()
        except FileNotFoundError:
            return  # a dangling link, or gone since
        except OSError as error:
            self._unseen(target, entry.path, error)
            return
        path = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
        one = self._one(target, path, label, status, given=True)
        if one is not None:
            yield one

    def _file(self, target: Target) -> list[Found]:
        """The file asked for, and those beside it that may be it, rotated."""
        directory, name = os.path.split(target.root)
        family = parse_name(name).family
        found = []
        try:
            names = [each for each in os.listdir(directory) if parse_name(each).family == family]
        except OSError as error:
            self._unseen(target, directory, error)
            names = [name]
        for each in names:
            path = os.path.join(directory, each)
            try:
                status = os.stat(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._unseen(target, path, error)
                continue
            one = self._one(target, os.path.realpath(path), each, status, given=each == name)
            if one is not None:
                found.append(one)
            elif each == name and stat.S_ISREG(status.st_mode):
                self._say(path, "this is not a text file, it is not read", "Give a log file.")
        return found

    def _one(
        self, target: Target, path: str, shown: str, status: os.stat_result, *, given: bool
    ) -> Found | None:
        if not stat.S_ISREG(status.st_mode) or shown.lower().endswith(BINARY_SUFFIXES):
            return None
        kind = self._kind(target, path, shown, status)
        if kind is None:
            return None
        return Found(
            target.service, path, shown, kind,
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, given,
        )  # fmt: skip

    def _kind(self, target: Target, path: str, shown: str, status: os.stat_result) -> Kind | None:
        """What kind of log this is; None for a binary file. Remembered while it is the same."""
        if not status.st_size:
            return "plain"
        key = (status.st_dev, status.st_ino, path)
        known = self._kinds.get(key)
        if known is None or (known[1] != "plain" and known[0] != status.st_mtime_ns):
            try:
                known = (status.st_mtime_ns, _sniff(path, shown))
            except FileNotFoundError:
                return None
            except OSError as error:
                self._unseen(target, path, error)
                return "unreadable"
        self._used[key] = known
        return known[1]

    def _unseen(self, target: Target, path: str, error: OSError) -> None:
        self.blind.add(target.service)
        hint = "Run logdiag as a user that may read it."
        if not isinstance(error, PermissionError):
            hint = "It is tried again at each look."
        self._say(path, f"cannot be read: {error.strerror or error}", hint)

    def _say(
        self, path: str, what: str, hint: str, level: Literal["info", "warning"] = "warning"
    ) -> None:
        self.notices.append(Notice(path, what, hint, level))


def discover(target: Target, notices: list[Notice] | None = None) -> list[Found]:
    """The log files of one target in stable order; what stood in the way goes to `notices`."""
    discoverer = Discoverer()
    found = discoverer.look([target])
    if notices is not None:
        notices.extend(discoverer.notices)
    return [one for one in found if one.given and one.kind != "unreadable"]


def _reading_order(found: Found) -> tuple[str, str, tuple[int, str, int], str]:
    """Log by log, each from its oldest rotation to its live file."""
    directory, name = os.path.split(found.shown)
    parsed = parse_name(name)
    return (directory, parsed.family, parsed.age, name)


def _sniff(path: str, shown: str) -> Kind | None:
    with open(path, "rb") as file:
        start = file.read(SNIFF_SIZE)
    for magic, suffix, kind in _MAGIC:
        if start.startswith(magic):
            # "BZh" alone could begin a text; the other magic numbers could not.
            return kind if kind != "bz2" or shown.lower().endswith(suffix) else "plain"
    if shown.lower().endswith(".zst") and start[1:4] == _SKIPPABLE_FRAME:
        return "zst"
    # Zeros at the start are the hole that copytruncate leaves under a writer without O_APPEND;
    # a few within come from a crash. What is not text has many.
    rest = start.lstrip(b"\0")
    return None if rest.count(b"\0") > max(A_FEW, len(rest) // BINARY) else "plain"
