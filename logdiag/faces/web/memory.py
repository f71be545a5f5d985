"""Answers that were made: what many viewers ask at once is worked out once for each version.

One is made at a time. SQLite gives up Python's lock at every row and has to wait for it again, so
several at once would each take many times as long. Slow ones have a turn of their own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

MOST = 64  # addresses whose answer is kept; the largest are about 1 MB


class _Kept:
    """The answer of one address; its lock is held while it is made anew."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.version = ""
        self.text = ""


class Memory:
    """The latest answers by address, each with the version it was made for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns = {slow: threading.Lock() for slow in (False, True)}
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def get(self, address: str, version: str, make: Callable[[], str], *, slow: bool) -> str:
        """The answer for this version: as it is kept, else made, by one thread for all."""
        with self._lock:
            kept = self._kept.setdefault(address, _Kept())
            self._kept.move_to_end(address)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        with kept.lock:
            if kept.version != version:
                with self._turns[slow]:
                    kept.text, kept.version = make(), version
            return kept.text
