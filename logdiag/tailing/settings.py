"""What all readers of one tailer share."""

from __future__ import annotations

from collections.abc import Callable

from logdiag.tailing.fingerprint import TAIL_SIZE
from logdiag.tailing.pool import Pool

_KEPT = 8 << 20  # bytes; never touched, so they cost nothing


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
        # glibc learns from a large block that is freed to keep memory of blocks for the next ones;
        # else the pages of most are given back and fetched anew: 23,000 page faults in 500 MB.
        bytearray(_KEPT)
        self.buffer = bytearray(min(block_size, max_line))
        self.before = bytearray(TAIL_SIZE)
