"""What all readers of one tailer share."""

from __future__ import annotations

from collections.abc import Callable

from logdiag.tailing.fingerprint import TAIL_SIZE
from logdiag.tailing.pool import Pool


class ChangedError(Exception):
    """What stands before the offset is not what was read there."""


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
