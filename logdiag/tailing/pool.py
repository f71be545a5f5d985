"""A bounded set of open files, so that thousands of logs can be followed."""

from __future__ import annotations

import os
from collections import OrderedDict

OPEN_FILES = 256  # a quarter of the usual limit of 1,024 descriptors; the rest is for the others

Key = tuple[int, int]  # device, inode


class MovedError(Exception):
    """The path now leads to another file."""


class Pool:
    """Open descriptors by (device, inode); the least recently used one is closed for a new one.

    A pinned file (deleted, still being read) is not closed for others: it cannot be reopened.
    """

    def __init__(self, capacity: int = OPEN_FILES) -> None:
        self._capacity = capacity
        self._open: OrderedDict[Key, int] = OrderedDict()
        self._pinned: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._open) + len(self._pinned)

    def __contains__(self, key: object) -> bool:
        return key in self._open or key in self._pinned

    @property
    def full(self) -> bool:
        """Whether one more file would close another one."""
        return len(self) >= self._capacity

    def get(self, key: Key, path: str) -> int:
        """The descriptor of file `key`, opened at `path` if need be.

        Raises OSError, or MovedError when `path` leads to another file by now.
        """
        fd = self._pinned.get(key)
        if fd is not None:
            return fd
        fd = self._open.get(key)
        if fd is None:
            fd = self._add(key, path)
        self._open.move_to_end(key)
        return fd

    def _add(self, key: Key, path: str) -> int:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        status = os.fstat(fd)
        if (status.st_dev, status.st_ino) != key:
            os.close(fd)
            raise MovedError(path)
        while self._open and self.full:
            os.close(self._open.popitem(last=False)[1])
        self._open[key] = fd
        return fd

    def pin(self, key: Key) -> bool:
        """Keep `key` open though its path is gone; False if it is not open, or too many are."""
        if key in self._open and len(self._pinned) < self._capacity // 2:
            self._pinned[key] = self._open.pop(key)
        return key in self._pinned

    def unpin(self, key: Key) -> None:
        """The file has a path again."""
        if key in self._pinned:
            self._open[key] = self._pinned.pop(key)

    def close(self, key: Key) -> None:
        """Close one file, if it is open."""
        fd = self._pinned.pop(key, None)
        if fd is None:
            fd = self._open.pop(key, None)
        if fd is not None:
            os.close(fd)

    def close_all(self) -> None:
        """Close everything."""
        for key in [*self._open, *self._pinned]:
            self.close(key)
