"""Files without a path: deleted, or moved to where nobody looks; and sources that are lost."""

from __future__ import annotations

import os
from dataclasses import replace

from logdiag.model import SECOND, Block, Gap, Position
from logdiag.tailing.matching import Orphan
from logdiag.tailing.notices import Notice
from logdiag.tailing.reader import FileReader
from logdiag.tailing.settings import Settings

# A writer that reopens its log does so within seconds of the rotation. A deleted file that is held
# open keeps its place on the disk (vector #22288), so the wait is bounded.
QUIET_TIME = 5 * SECOND
LONGEST_WAIT = 60 * SECOND


class Departed:
    """Reads deleted files to their end, for a bounded time, and buries what is lost."""

    def __init__(self, settings: Settings) -> None:
        self.notices: list[Notice] = []
        self.gaps: list[Gap] = []
        self.buried: list[LostReader] = []
        self._settings = settings

    def keep(self, reader: FileReader) -> bool:
        """Go on reading a file that has no path; False when it is not open, so not readable."""
        pool, now = self._settings.pool, self._settings.wall()
        if not pool.pin(reader.key):
            return False
        if reader.gone_since is None:
            reader.gone_since = now
        status = os.fstat(pool.get(reader.key, reader.path))
        if not reader.grow(status.st_size, status.st_mtime_ns):
            self._part(reader, "truncated after it was deleted")
        elif now - max(reader.grew_at, reader.gone_since) >= QUIET_TIME:
            reader.end()
        elif now - reader.gone_since >= LONGEST_WAIT:
            self._part(reader, "deleted, and still written to: no longer followed")
            what = "was deleted but is still written to; it is no longer followed"
            hint = "Let the writer reopen its log after a rotation."
            self.notices.append(Notice(reader.path, what, hint))
        return True

    def _part(self, reader: FileReader, reason: str) -> None:
        reader.finish()
        self.gaps.append(
            Gap(reader.source, reader.mark.offset, None, reason, self._settings.wall())
        )

    def lose(self, orphan: Orphan) -> None:
        """A source whose file is nowhere: a gap, and the position that says it has ended."""
        offset = orphan.position.offset
        size = orphan.size - offset if orphan.size is not None and orphan.size > offset else None
        reason = "truncated" if orphan.replaced else "deleted"
        reason += "" if orphan.live else " while nobody was looking"
        self.gaps.append(Gap(orphan.source, offset, size, reason, self._settings.wall()))
        self.bury(orphan)

    def bury(self, orphan: Orphan) -> None:
        """A source that has ended, with nothing lost."""
        self.buried.append(LostReader(orphan))

    def news(self) -> tuple[list[Notice], list[Gap]]:
        """What happened since the last call."""
        notices, gaps = self.notices, self.gaps
        self.notices, self.gaps = [], []
        self.buried = [reader for reader in self.buried if not reader.done]
        return notices, gaps


class LostReader:
    """The end of a source that has no file: its last position, once more, as ended."""

    compressed = False

    def __init__(self, orphan: Orphan) -> None:
        self.source = orphan.source
        self.done = False
        self._position: Position = replace(orphan.position, ended=True)

    @property
    def size(self) -> int:
        """What was read of it."""
        return self._position.offset

    @property
    def consumed(self) -> int:
        """What was read of it."""
        return self._position.offset

    def read(self) -> Block | Gap | None:
        """See `Reader.read`."""
        if self.done:
            return None
        self.done = True
        return Block(self.source, self._position.offset, b"", self._position, None)
