"""Reading plain files that may grow, shrink, move and vanish meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

from logdiag.model import Block, Gap, Position, Source
from logdiag.tailing.cutter import Cutter, Piece
from logdiag.tailing.discover import Found
from logdiag.tailing.fingerprint import HEAD_SIZE, TAIL_SIZE, Mark, head_agrees, tail_agrees
from logdiag.tailing.pool import Key, MovedError, Pool


class ChangedError(Exception):
    """What stands before the offset is not what was read there."""


class Reader(Protocol):
    """What the engine reads from: one source."""

    source: Source

    @property
    def size(self) -> int:
        """Bytes to read in all, as far as known: of the file, or of the compressed file."""

    @property
    def consumed(self) -> int:
        """Bytes of `size` that were read; for progress."""

    @property
    def done(self) -> bool:
        """Whether nothing will ever come again."""

    @property
    def compressed(self) -> bool:
        """Whether this is an archive."""

    def read(self) -> Block | Gap | None:
        """The next block; a gap where bytes are gone; None when nothing complete is there now.

        A block without data carries only a new position (the source has ended).
        """


class Settings:
    """What all readers of one tailer share; the buffer is why they are read one at a time."""

    def __init__(
        self, pool: Pool, wall: Callable[[], int], final: bool, block_size: int, max_line: int
    ) -> None:
        self.pool = pool
        self.wall = wall
        self.final = final
        self.block_size = block_size
        self.max_line = max_line
        self.buffer = bytearray(min(block_size, max_line))
        self.before = bytearray(TAIL_SIZE)


class _FileSupply:
    """Reads at the mark, together with the bytes before it, which must be those read before."""

    def __init__(self, reader: FileReader, settings: Settings) -> None:
        self._reader = reader
        self._settings = settings

    def peek(self, mark: Mark, size: int) -> tuple[bytearray, int]:
        settings, known = self._settings, len(mark.tail)
        buffer = settings.buffer if size <= len(settings.buffer) else bytearray(size)
        fd = settings.pool.get(self._reader.key, self._reader.path)
        before = memoryview(settings.before)[:known]
        count = os.preadv(fd, [before, memoryview(buffer)[:size]], mark.offset - known)
        if count < known or before != mark.tail:
            raise ChangedError
        return buffer, count - known


class FileReader:
    """One plain file, through all its renames."""

    compressed = False

    def __init__(
        self,
        source: Source,
        found: Found,
        mark: Mark,
        settings: Settings,
        *,
        ended: bool,
        live: bool,
    ) -> None:
        self.source = source
        self.key: Key = found.key
        self.path = found.path
        self.shown = found.shown
        self.size = found.size
        self.mtime = found.mtime
        self.mark = mark
        self.ended = ended
        self.changed = False  # the file at this inode is no longer the one that was read
        self.gone_since: int | None = None  # wall time at which it had no path any more
        self.grew_at = settings.wall()
        self._settings = settings
        self._cutter = Cutter(
            _FileSupply(self, settings), mark, settings.block_size, settings.max_line
        )
        self._dirty = found.size > mark.offset
        self._closing = False
        self._live = live or (not self._dirty)
        self._told_end = ended

    @property
    def consumed(self) -> int:
        """Bytes read so far."""
        return self.mark.offset

    @property
    def unread(self) -> int:
        """Bytes known to be there that were not given yet."""
        return max(0, self.size - self.mark.offset)

    @property
    def quiet(self) -> bool:
        """Whether everything that is there was looked at."""
        return not self._dirty

    @property
    def done(self) -> bool:
        """Whether nothing will ever come again."""
        if self._dirty or self.ended != self._told_end:
            return False
        return self.ended or self._settings.final

    def saw(self, size: int, mtime: int) -> bool:
        """Take note of the file's size and time; whether they changed."""
        if (size, mtime) == (self.size, self.mtime):
            return False
        self.size, self.mtime = size, mtime
        self.grew_at = self._settings.wall()
        self._dirty, self._closing = True, False
        return True

    def end(self) -> None:
        """The file will not grow any more: what is left is to be taken, newline or not."""
        if not self.ended or self.unread:
            self._dirty = self._closing = True

    def finish(self) -> None:
        """Nothing can be read any more; the position is given once more, as ended."""
        self.ended, self._dirty = True, False

    def reread(self) -> None:
        """Try again what could not be read."""
        self._dirty = True

    def position(self) -> Position:
        """How far this file was read."""
        return self.mark.position(*self.key, self.ended)

    def read(self) -> Block | Gap | None:
        """See `Reader.read`. An unreadable or changed file waits for the next refresh."""
        if not self._dirty:
            return self._farewell()
        try:
            piece = self._cutter.cut(self._closing or self._settings.final)
        except (ChangedError, MovedError):
            return self._change()
        except OSError:
            self._dirty = False  # the sweep meets the same error and tells it
            return self._farewell()
        if piece is None:
            self._dirty, self._live = False, True
            self.ended = self.ended or self._closing
            return self._farewell()
        return self._block(piece)

    def _block(self, piece: Piece) -> Block:
        arrived = self._settings.wall() if self._live else None
        # The end is only known by reading on, so that the last block never says `ended`.
        if not self._closing:
            self.ended = self._told_end = False
        return Block(self.source, piece.offset, piece.data, self.position(), arrived)

    def _farewell(self) -> Block | None:
        if self.ended == self._told_end:
            return None
        self._told_end = self.ended
        return Block(self.source, self.mark.offset, b"", self.position(), None)

    def _change(self) -> Gap | None:
        self._dirty, self.changed = False, True
        if not self._settings.final:
            return None
        self.finish()
        return Gap(self.source, self.mark.offset, None, "the file changed while it was read")


def resume_mark(position: Position, fd: int) -> Mark | None:
    """The mark of a position in the open file, or None if its bytes are not those read."""
    head = os.pread(fd, HEAD_SIZE, 0)[: min(HEAD_SIZE, position.offset)]
    tail = os.pread(fd, position.tail_size, position.offset - position.tail_size)
    if not head_agrees(position, head) or not tail_agrees(position, tail):
        return None
    return Mark(position.offset, head, tail, position.missed)
