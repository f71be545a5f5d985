"""Bytes become blocks of whole lines. A line ends at a newline byte and nowhere else."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from logdiag.tailing.fingerprint import Mark

# 256 KiB fits the second-level cache with room for the scanner; larger blocks were not faster.
BLOCK_SIZE = 256 << 10
MAX_LINE = 1 << 20  # bytes; longer lines are dumps, not log lines, and memory must stay bounded


class Supply(Protocol):
    """Where bytes come from: a file, an archive, a stream."""

    def peek(self, mark: Mark, size: int) -> tuple[bytes | bytearray, int]:
        """A buffer whose first n bytes are those at `mark.offset`, and n.

        n < `size` only where nothing more is there now. The buffer is valid until the next call.
        """


class Piece(NamedTuple):
    """Whole lines that start at byte `offset`."""

    offset: int
    data: bytes


class Cutter:
    """Cuts what a supply gives into pieces of whole lines, and moves the mark along."""

    def __init__(self, supply: Supply, mark: Mark, block_size: int, max_line: int) -> None:
        self.mark = mark
        self._supply = supply
        self._max_line = max_line
        self._block_size = min(block_size, max_line)

    def cut(self, closing: bool) -> Piece | None:
        """The next piece, or None when no whole line is there; `closing` takes the tail, too."""
        mark = self.mark
        if mark.offset == 0:
            self._skip_hole()
        if mark.inside_line and not self._skip_rest_of_line():
            return None
        buffer, size = self._supply.peek(mark, self._block_size)
        end = buffer.rfind(b"\n", 0, size) + 1
        if end:
            return self._take(buffer, end)
        if size < self._block_size:
            return self._take(buffer, size) if closing and size else None
        return self._cut_long_line(closing)

    def _take(self, buffer: bytes | bytearray, end: int) -> Piece:
        offset = self.mark.offset
        data = bytes(memoryview(buffer)[:end])
        self.mark.advance(data)
        return Piece(offset, data)

    def _cut_long_line(self, closing: bool) -> Piece | None:
        buffer, size = self._supply.peek(self.mark, self._max_line + 1)
        end = buffer.find(b"\n", 0, size) + 1
        if end:
            return self._take(buffer, end)
        if size > self._max_line:
            # The mark stays inside the line; the next cut skips what is left of it, also after
            # a restart. The newline makes it a whole line for those who read the block.
            piece = self._take(buffer, self._max_line)
            return Piece(piece.offset, piece.data + b"\n")
        return self._take(buffer, size) if closing else None

    def _skip_rest_of_line(self) -> bool:
        """Pass the rest of a line that was already taken; False while its end is not there."""
        mark = self.mark
        while True:
            buffer, size = self._supply.peek(mark, self._block_size)
            if not size:
                return False
            end = buffer.find(b"\n", 0, size)
            missed = size if end < 0 else end
            mark.missed += missed
            mark.advance(memoryview(buffer)[: missed if end < 0 else end + 1])
            if end >= 0:
                return True

    def _skip_hole(self) -> None:
        """Pass zeros at the very start.

        A writer without O_APPEND leaves a hole of the old file's length when it goes on after
        copytruncate.
        """
        mark = self.mark
        while True:
            buffer, size = self._supply.peek(mark, self._block_size)
            if not size or buffer[0] != 0:
                return
            rest = len(bytes(memoryview(buffer)[:size]).lstrip(b"\0"))
            if not rest and size < self._block_size:
                return  # nothing but zeros yet
            mark.missed += size - rest
            mark.advance(memoryview(buffer)[: size - rest])
            if rest:
                return
