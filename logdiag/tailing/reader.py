"""Reading plain files that may grow, shrink, move and vanish meanwhile."""

from __future__ import annotations

import os
from typing import Protocol

from logdiag.model import Block, Gap, Position, Source
from logdiag.tailing.cutter import Cutter, Piece
from logdiag.tailing.discover import Found
from logdiag.tailing.fingerprint import Mark
from logdiag.tailing.pool import Key, MovedError
from logdiag.tailing.settings import ChangedError, Settings


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
        live: bool,
        told: tuple[Key, bool] | None = None,
    ) -> None:
        self.source = source
        self.key: Key = found.key
        self.path = found.path
        self.shown = found.shown
        self.size = found.size
        self.mtime = found.mtime
        self.mark = mark
        # What the position last given says of the file, so that a change is given without lines.
        self._told = told or (found.key, False)
        self.ended = self._told[1]
        self._changed = False  # the file at this inode is no longer the one that was read
        self._failed = False  # it could not be read; the next sweep tries again
        self.gone_since: int | None = None  # wall time at which it had no path any more
        self.grew_at = settings.wall()
        self._settings = settings
        self._cutter = Cutter(
            _FileSupply(self, settings), mark, settings.block_size, settings.max_line
        )
        self._dirty = found.size > mark.offset
        self._closing = False
        self._live = live or (not self._dirty)

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
        if self._dirty or self._told != (self.key, self.ended):
            return False
        return self.ended or self._settings.final

    def saw(self, found: Found) -> bool:
        """Take note of where and how the file is now; False when it holds other content."""
        self.path, self.shown = found.path, found.shown
        if self.gone_since is not None:
            self.gone_since = None
            self._settings.pool.unpin(self.key)
        return self.grow(found.size, found.mtime)

    def grow(self, size: int, mtime: int) -> bool:
        """Take note of the file's size and time; False when it holds other content."""
        if self._changed or size < self.mark.offset:
            return False
        if (size, mtime) == (self.size, self.mtime) and not self._failed:
            return True
        if not self._same():
            return False
        self.size, self.mtime = size, mtime
        self.grew_at = self._settings.wall()
        self._dirty, self._closing, self._failed = True, False, False
        return True

    def _same(self) -> bool:
        """Whether the bytes before the offset still are those that were read."""
        tail, offset = self.mark.tail, self.mark.offset
        try:
            fd = self._settings.pool.get(self.key, self.path)
            return os.pread(fd, len(tail), offset - len(tail)) == tail
        except (OSError, MovedError):
            return True  # cannot be told now; reading tells

    def end(self) -> None:
        """The file will not grow any more: what is left is to be taken, newline or not."""
        if not self.ended:
            self._dirty = self._closing = True

    def finish(self) -> None:
        """Nothing can be read any more; the position is given once more, as ended."""
        self.ended, self._dirty = True, False

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
        except OSError as error:
            return self._fail(error)
        if piece is None:
            self._dirty, self._live = False, True
            self.ended = self.ended or self._closing
            return self._farewell()
        return self._block(piece)

    def _block(self, piece: Piece) -> Block:
        arrived = self._settings.wall() if self._live else None
        # The end is only known by reading on, so that the last block never says `ended`.
        if not self._closing:
            self.ended = False
            self._told = (self.key, False)
        return Block(self.source, piece.offset, piece.data, self.position(), arrived)

    def _farewell(self) -> Block | None:
        if self._told == (self.key, self.ended):
            return None
        self._told = (self.key, self.ended)
        return Block(self.source, self.mark.offset, b"", self.position(), None)

    def _fail(self, error: OSError) -> Gap | None:
        self._dirty, self._failed = False, True
        return self._one_shot_gap(f"cannot be read: {error.strerror or error}")

    def _change(self) -> Gap | None:
        self._dirty, self._changed = False, True
        return self._one_shot_gap("the file changed while it was read")

    def _one_shot_gap(self, reason: str) -> Gap | None:
        """Following waits for the next sweep; a one-shot run has none, so it tells at once."""
        if not self._settings.final:
            return None
        self.finish()
        return Gap(self.source, self.mark.offset, None, reason, self._settings.wall())
