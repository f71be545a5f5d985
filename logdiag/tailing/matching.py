"""Which file on disk is which source we know.

The inode is asked first, but content decides: a file is a source's only if its first bytes and
the bytes before the source's offset are those that were read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from logdiag.model import Position, Source
from logdiag.tailing.archives import find_place
from logdiag.tailing.discover import Found
from logdiag.tailing.fingerprint import DISTINCT_SIZE, HEAD_SIZE, Mark, head_agrees, tail_agrees
from logdiag.tailing.names import Name, parse_name


@dataclass(slots=True)
class Orphan:
    """A source whose file is to be found again.

    `replaced`: its inode now holds other content, so a copy of it may lie beside it.
    `size` is the file's when last seen, and `mark` how far it was read, where that is known.
    """

    source: Source
    position: Position
    replaced: bool = False
    live: bool = False
    size: int | None = None
    mark: Mark | None = None


class Family:
    """The log a file belongs to: service, directory, name without rotation."""

    @staticmethod
    def of(service: str, shown: str) -> tuple[str, str, str]:
        """The key that all rotations of one log share."""
        directory, name = os.path.split(shown)
        return (service, directory, parse_name(name).family)

    @staticmethod
    def name(shown: str) -> Name:
        """The file's name, taken apart."""
        return parse_name(os.path.split(shown)[1])


def resume_mark(position: Position, path: str) -> Mark | None:
    """The mark to go on from in the plain file at `path`; None if it is not the same content.

    Raises OSError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        head = os.pread(fd, min(HEAD_SIZE, position.offset), 0)
        if not head_agrees(position, head):
            return None
        tail = os.pread(fd, position.tail_size, position.offset - position.tail_size)
        if not tail_agrees(position, tail):
            return None
    finally:
        os.close(fd)
    return Mark(position.offset, head, tail, position.missed)


Attach = Callable[[Orphan, Found, Mark], None]


class Matcher:
    """Finds files for orphans, surest evidence first; each file and orphan is used once."""

    def __init__(self, orphans: Iterable[Orphan], files: Iterable[Found], attach: Attach) -> None:
        # Read furthest first: of two that agree, the longer one is the better proof.
        self.orphans = sorted(orphans, key=lambda one: -one.position.offset)
        self.files = list(files)
        self._attach = attach
        self._inodes = {(file.service, file.inode) for file in self.files}

    def run(self) -> None:
        """Try all evidence there is for plain files."""
        self._pairs(lambda orphan, file: self._same_inode(orphan, file, device=True))
        self._pairs(lambda orphan, file: self._same_inode(orphan, file, device=False))
        self._mark_replaced()
        self._pairs(self._copy)
        self._pairs(self._same_content)
        self._pairs(self._same_path_unread)

    def _pairs(self, evidence: Callable[[Orphan, Found], bool]) -> None:
        for orphan in list(self.orphans):
            for file in self.files:
                if file.kind != "plain" or file.service != orphan.source.service:
                    continue
                if not evidence(orphan, file) or file.size < orphan.position.offset:
                    continue
                try:
                    mark = resume_mark(orphan.position, file.path)
                except OSError:
                    continue
                if mark is not None:
                    self.pair(orphan, file, mark)
                    break

    def pair(self, orphan: Orphan, file: Found, mark: Mark) -> None:
        """This file is the orphan's."""
        self.orphans.remove(orphan)
        self.files.remove(file)
        self._attach(orphan, file, mark)

    def _mark_replaced(self) -> None:
        for orphan in self.orphans:
            if (orphan.source.service, orphan.position.inode) in self._inodes:
                orphan.replaced = True

    @staticmethod
    def _same_inode(orphan: Orphan, file: Found, *, device: bool) -> bool:
        position = orphan.position
        same = position.offset > 0 and position.inode == file.inode
        return same and (not device or position.device == file.device)

    @staticmethod
    def _copy(orphan: Orphan, file: Found) -> bool:
        """What copytruncate leaves: a rotated name beside a file that was started over."""
        return (
            orphan.replaced
            and orphan.position.offset > 0
            and Family.name(file.shown).rotated
            and same_family(orphan.source, file)
        )

    @staticmethod
    def _same_content(orphan: Orphan, file: Found) -> bool:
        return orphan.position.offset >= DISTINCT_SIZE

    @staticmethod
    def _same_path_unread(orphan: Orphan, file: Found) -> bool:
        """Nothing was read yet, so the name is all there is; what is rotated may be any file."""
        same = not orphan.position.offset and orphan.source.path == file.shown
        return same and not Family.name(file.shown).rotated

    def run_archives(self, archives: Iterable[Found]) -> list[Found]:
        """Find archives that continue an orphan; the others are returned."""
        rest = []
        for file in archives:
            mine = [one for one in self.orphans if same_family(one.source, file)]
            place = find_place(file, [one.position for one in mine]) if mine else None
            if place is None:
                rest.append(file)
                continue
            orphan = mine[place[0]]
            self.orphans.remove(orphan)
            self._attach(orphan, file, place[1])
        return rest


def same_family(source: Source, file: Found) -> bool:
    """Whether a file is, by its name and place, a rotation of the source's log."""
    return Family.of(source.service, source.path) == Family.of(file.service, file.shown)
