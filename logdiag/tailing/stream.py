"""Standard input as a source that does not make the others wait."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from logdiag.model import Block, Gap, Position, Source
from logdiag.tailing.cutter import Cutter
from logdiag.tailing.fingerprint import Mark

QUEUE_SIZE = 4 << 20  # bytes held at most; the pipe then fills and the writer waits
_CHUNK = 1 << 16  # bytes; what a pipe holds


class _Pipe:
    """Bytes that a thread read from a descriptor, waiting to be cut."""

    def __init__(self, fd: int, wake: Callable[[], None]) -> None:
        self.ended = False
        self._fd = fd
        self._wake = wake
        self._bytes = bytearray()
        self._start = 0  # offset of the first byte held
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="logdiag-stdin", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                chunk = os.read(self._fd, _CHUNK)
            except OSError:
                chunk = b""
            with self._changed:
                self._bytes += chunk
                self.ended = not chunk
                self._changed.notify_all()
                self._changed.wait_for(lambda: len(self._bytes) < QUEUE_SIZE or self.ended)
            self._wake()
            if not chunk:
                return

    def peek(self, mark: Mark, size: int) -> tuple[bytes, int]:
        with self._changed:
            if mark.offset > self._start:
                del self._bytes[: mark.offset - self._start]
                self._start = mark.offset
                self._changed.notify_all()
            data = bytes(self._bytes[:size])
        return data, len(data)

    @property
    def held(self) -> int:
        """Bytes waiting to be cut."""
        with self._changed:
            return len(self._bytes)

    def wait(self, more_than: int, timeout: float | None) -> bool:
        """Wait until more bytes are held, or the end is there."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.ended or len(self._bytes) > more_than, timeout
            )


class StreamReader:
    """One pipe. Its position only counts: a stream cannot be read again."""

    compressed = False

    def __init__(
        self,
        source: Source,
        fd: int,
        wall: Callable[[], int],
        *,
        final: bool,
        block_size: int,
        max_line: int,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.source = source
        self._wall = wall
        self._final = final
        self._pipe = _Pipe(fd, wake)
        self._mark = Mark()
        self._cutter = Cutter(self._pipe, self._mark, block_size, max_line)
        self._told_end = False

    @property
    def size(self) -> int:
        """What came so far."""
        return self._mark.offset

    @property
    def consumed(self) -> int:
        """What came so far."""
        return self._mark.offset

    @property
    def done(self) -> bool:
        """Whether the stream has ended and all of it was given."""
        return self._told_end

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for bytes or the end; False if neither came in time."""
        return self._pipe.wait(0, timeout)

    def _position(self) -> Position:
        return Position(offset=self._mark.offset, missed=self._mark.missed, ended=self._told_end)

    def _farewell(self) -> Block | None:
        if self._told_end:
            return None
        self._told_end = True
        return Block(self.source, self._mark.offset, b"", self._position(), None)

    def read(self) -> Block | Gap | None:
        """See `Reader.read`. With `final` it waits for a line, or for the end."""
        while True:
            ended = self._pipe.ended
            held = self._pipe.held
            piece = self._cutter.cut(ended)
            if piece is not None:
                arrived = self._wall()
                return Block(self.source, piece.offset, piece.data, self._position(), arrived)
            if ended:
                return self._farewell()
            if not self._final:
                return None
            self._pipe.wait(held, None)
