"""The copies that copytruncate makes: it copies first and truncates later.

A copy is not a second log. It waits until its original is truncated, and is then found as the
rest of it; or, if more was read of the original than was copied, nothing in it is to be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from logdiag.tailing.archives import ArchiveReader
from logdiag.tailing.departed import Departed
from logdiag.tailing.discover import Found
from logdiag.tailing.fingerprint import HEAD_SIZE, TAIL_SIZE, Mark
from logdiag.tailing.matching import Family, Matcher, resume_mark, same_family
from logdiag.tailing.pool import Key
from logdiag.tailing.reader import FileReader

AnyFile = FileReader | ArchiveReader


class Copies:
    """Copies in the making, and what they are copies of."""

    def __init__(
        self,
        files: Mapping[Key, AnyFile],
        departed: Departed,
        settle: Callable[[Found, Mark], None],
    ) -> None:
        self._files = files
        self._departed = departed
        self._settle = settle
        self._originals: dict[Key, Key] = {}
        self.released: set[Key] = set()  # set aside once, but they are logs of their own

    def set_aside(self, matcher: Matcher, *, first: bool) -> list[Found]:
        """Take the copies from the files nobody reads; returns the others.

        At the `first` sweep a copy may be older than the original's first line: two files of which
        nothing is known may well begin alike.
        """
        rest = []
        for one in list(matcher.files):
            original = self._original(one, first)
            if original is not None:
                self._originals[one.key] = original
                continue
            known = self._originals.pop(one.key, None)
            if known is None:
                if not self._spent(matcher, one):
                    rest.append(one)
            elif known in self._files:
                self.released.add(one.key)
                rest.append(one)
            elif not self._continued(matcher, one, known):
                self._finish(one)
        return rest

    def _continued(self, matcher: Matcher, copy: Found, original: Key) -> bool:
        """Whether the original was left off within the copy, and goes on there."""
        for orphan in matcher.orphans:
            if not orphan.live or not orphan.replaced or orphan.position.inode != original[1]:
                continue
            try:
                mark = resume_mark(orphan.position, copy.path)
            except OSError:
                mark = None
            if mark is not None and orphan.position.offset <= copy.size:
                matcher.pair(orphan, copy, mark)
                return True
            matcher.orphans.remove(orphan)
            self._departed.bury(orphan)
            return False
        return False

    def _spent(self, matcher: Matcher, copy: Found) -> bool:
        """Whether this copy, not seen in the making, ends before what was read of its original."""
        if not Family.name(copy.shown).rotated:
            return False
        for orphan in matcher.orphans:
            if orphan.mark is None or not orphan.replaced or not same_family(orphan.source, copy):
                continue
            if begins_with(orphan.mark, copy):
                matcher.orphans.remove(orphan)
                self._departed.bury(orphan)
                self._finish(copy)
                return True
        return False

    def _finish(self, copy: Found) -> None:
        try:
            with Path(copy.path).open("rb") as file:
                head = file.read(HEAD_SIZE)
                start = max(0, copy.size - TAIL_SIZE)
                tail = os.pread(file.fileno(), copy.size - start, start)
        except OSError:
            return
        self._settle(copy, Mark(copy.size, head, tail))

    def _original(self, one: Found, first: bool) -> Key | None:
        """The file being read of which this one, rotated by its name, is a copy."""
        name, family = Family.name(one.shown), Family.of(one.service, one.shown)
        if not name.rotated:
            return None
        for reader in self._files.values():
            if (
                isinstance(reader, FileReader)
                and reader.gone_since is None
                and (reader.mark.offset or not first)
                and Family.of(reader.source.service, reader.shown) == family
                and Family.name(reader.shown).age > name.age
                and is_copy(one, reader.path, reader.size)
            ):
                return reader.key
        return None


_SAMPLES = 16  # places compared when a copy is suspected; a whole comparison would cost seconds


def is_copy(copy: Found, path: str, size: int) -> bool:
    """Whether the first file is (so far) a copy of the beginning of `path`.

    Compares the head, the end and some places between. False when one cannot be read.
    """
    if copy.size > size or not copy.size:
        return False
    last = max(0, copy.size - HEAD_SIZE)
    places = {last * step // _SAMPLES for step in range(_SAMPLES + 1)}
    try:
        with Path(copy.path).open("rb") as one, Path(path).open("rb") as other:
            for place in places:
                count = min(HEAD_SIZE, copy.size - place)
                if os.pread(one.fileno(), count, place) != os.pread(other.fileno(), count, place):
                    return False
    except OSError:
        return False
    return True


def begins_with(mark: Mark, copy: Found) -> bool:
    """Whether what was read up to the mark begins with the whole of the copy.

    Only the first and the last bytes that were read are at hand: the end of the copy must lie
    among them.
    """
    start = mark.offset - len(mark.tail)
    if not start < copy.size < mark.offset:
        return False
    try:
        with Path(copy.path).open("rb") as file:
            head = file.read(HEAD_SIZE)
            tail = os.pread(file.fileno(), copy.size - start, start)
    except OSError:
        return False
    return mark.head.startswith(head[: len(mark.head)]) and mark.tail.startswith(tail)
