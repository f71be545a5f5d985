"""Archives as sources: streamed, continued where the plain file was left, up to any damage."""

from __future__ import annotations

from pathlib import Path

from logdiag.model import Block, Gap, Position, Source
from logdiag.tailing.cutter import Cutter
from logdiag.tailing.decompress import DamagedError, Decompressor
from logdiag.tailing.discover import Found
from logdiag.tailing.fingerprint import HEAD_SIZE, Mark, head_agrees, tail_agrees
from logdiag.tailing.pool import Key, MovedError
from logdiag.tailing.settings import Settings


class _ArchiveSupply:
    """The decompressed bytes from the mark on; what lies before it is dropped."""

    def __init__(self, decompressor: Decompressor) -> None:
        self.damage = ""
        self._decompressor = decompressor
        self._bytes = bytearray()
        self._start = 0
        self._ended = False

    def peek(self, mark: Mark, size: int) -> tuple[bytearray, int]:
        while not self._ended and self._start + len(self._bytes) < mark.offset + size:
            self._drop(mark.offset)
            self._more()
        self._drop(mark.offset)
        return self._bytes, min(size, len(self._bytes))

    def _drop(self, offset: int) -> None:
        count = min(offset - self._start, len(self._bytes))
        if count > 0:
            del self._bytes[:count]
            self._start += count

    def _more(self) -> None:
        try:
            out = self._decompressor.read()
        except (DamagedError, OSError) as error:
            out, self.damage = b"", str(error)
        self._bytes += out
        self._ended = not out


def find_place(found: Found, positions: list[Position]) -> tuple[int, Mark] | None:
    """Which of these sources the archive continues: its index, and the mark to go on from.

    Where several agree, the one read furthest. Reads no further than the last position whose
    head agrees. An unreadable or damaged archive continues nothing.
    """
    decompressor: Decompressor | None = None
    best: tuple[int, Mark] | None = None
    try:
        decompressor = Decompressor(found.path, found.kind)
        window, end = bytearray(), 0
        while len(window) < HEAD_SIZE and (out := decompressor.read()):
            window += out
            end += len(out)
        head = bytes(window[:HEAD_SIZE])
        agreeing = [
            (position.offset, index)
            for index, position in enumerate(positions)
            if position.offset and head_agrees(position, head)
        ]
        for offset, index in sorted(agreeing):
            while end < offset and (out := decompressor.read()):
                window = (window + out)[-(len(out) + HEAD_SIZE) :]
                end += len(out)
            stop = len(window) - (end - offset)
            size = positions[index].tail_size
            tail = bytes(window[stop - size : stop]) if stop >= size and end >= offset else b""
            if tail_agrees(positions[index], tail):
                missed = positions[index].missed
                best = index, Mark(offset, head[: min(HEAD_SIZE, offset)], tail, missed)
    except (DamagedError, OSError):
        pass
    finally:
        if decompressor is not None:
            decompressor.close()
    return best


class ArchiveReader:
    """One archive. It does not grow: its end is the source's end."""

    compressed = True

    def __init__(self, source: Source, found: Found, mark: Mark, settings: Settings) -> None:
        self.source = source
        self.key: Key = found.key
        self.path = found.path
        self.shown = found.shown
        self.size = found.size
        self.mtime = found.mtime
        self.mark = mark
        self.damage = ""
        self.lost = False  # no sweep finds it any more
        self._kind = found.kind
        self._settings = settings
        self._decompressor: Decompressor | None = None
        self._supply: _ArchiveSupply | None = None
        self._cutter: Cutter | None = None
        self._done = False

    @property
    def consumed(self) -> int:
        """Compressed bytes read so far."""
        if self._done:
            return self.size
        return self._decompressor.taken if self._decompressor is not None else 0

    @property
    def done(self) -> bool:
        """Whether the end, or a damage, was reached."""
        return self._done

    def position(self) -> Position:
        """How far the decompressed content was read."""
        return self.mark.position(*self.key, self._done)

    def read(self) -> Block | Gap | None:
        """See `Reader.read`."""
        if self._done:
            return None
        if self.damage:
            return self._close("")
        try:
            cutter, supply = self._open()
            # Half a line before a damage is no line that the log wrote: it is not given.
            piece = cutter.cut(closing=False)
            if piece is None and not supply.damage:
                piece = cutter.cut(closing=True)
        except MovedError:
            if self._settings.final or self.lost:
                return self._close("it is not there any more")
            return None  # renamed since the last sweep; the next one knows its new path
        except OSError as error:
            return self._close(error.strerror or str(error))
        if piece is None:
            return self._close(supply.damage)
        return Block(self.source, piece.offset, piece.data, self.position(), None)

    def _open(self) -> tuple[Cutter, _ArchiveSupply]:
        if self._cutter is None or self._supply is None:
            try:
                self._decompressor = Decompressor(self.path, self._kind)
            except FileNotFoundError as error:
                raise MovedError(self.path) from error
            if self._decompressor.key != self.key:
                self.release()
                raise MovedError(self.path)
            self._supply = _ArchiveSupply(self._decompressor)
            settings = self._settings
            self._cutter = Cutter(self._supply, self.mark, settings.block_size, settings.max_line)
        return self._cutter, self._supply

    def _close(self, damage: str) -> Block | Gap:
        """The end: a block that says so, or after a damage a gap, then that block."""
        self.release()
        if damage and not self.damage:
            self.damage = damage
            return Gap(
                self.source,
                self.mark.offset,
                None,
                f"the archive cannot be read on: {damage}",
                self._settings.wall(),
            )
        self._done = True
        return Block(self.source, self.mark.offset, b"", self.position(), None)

    def release(self) -> None:
        """Close the file and forget what was decompressed."""
        if self._decompressor is not None:
            self._decompressor.close()
        self._decompressor = self._supply = self._cutter = None

    def saw(self, found: Found) -> None:
        """The archive may have been moved."""
        self.path, self.shown = found.path, found.shown


def content_head(found: Found) -> bytes:
    """The first decompressed bytes of an archive; fewer where it is damaged or being written."""
    head = b""
    try:
        decompressor = Decompressor(found.path, found.kind)
    except OSError:
        return head
    try:
        while len(head) < HEAD_SIZE and (out := decompressor.read()):
            head += out
    except (DamagedError, OSError):
        pass
    finally:
        decompressor.close()
    return head[:HEAD_SIZE]


def unpacked(archive: Found, found: list[Found]) -> bool:
    """Whether the same content lies beside it uncompressed (gzip -k, or gzip at work)."""
    for one in found:
        if one.kind == "plain" and archive.path.startswith(f"{one.path}."):
            try:
                with Path(one.path).open("rb") as file:
                    return file.read(HEAD_SIZE).startswith(content_head(archive))
            except OSError:
                return False
    return False
