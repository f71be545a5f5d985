"""Answers that were made: what many viewers ask at once is worked out once for each version.

One is made at a time. SQLite gives up Python's lock at every row and has to wait for it again, so
several at once would each take many times as long. Searches look at all connections, but for few
rows: they have a turn of their own, in which nobody else waits for them. Slow ones have one, too,
in which nobody waits for long: who comes meanwhile, or soon after, gets the answer that was made
before.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

MOST = 64  # addresses whose answer is kept; the largest are about 1 MB
WAIT = 0.5  # seconds for which a slow answer is waited for
REST = 5  # times as long as a slow answer took, it is not made anew: a sixth of a processor


class BusyError(Exception):
    """A slow answer is in the making, and there is none from before."""


class Answer(NamedTuple):
    """What was made, and for which version."""

    text: str
    version: str


class _Kept:
    """The answer of one address; its lock is held while it is made anew."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.answer = Answer("", "")
        self.rests_until = 0.0


class Memory:
    """The latest answers by address, each with the version it was made for."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._turn, self._slow_turn = threading.Lock(), threading.Lock()
        self._search_turn = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def get(
        self, address: str, version: str, make: Callable[[], str], *, search: bool = False
    ) -> Answer:
        """The answer for this version: as it is kept, else made, by one thread for all."""
        kept = self._of(address)
        with kept.lock:
            if kept.answer.version != version:
                with self._search_turn if search else self._turn:
                    kept.answer = Answer(make(), version)
            return kept.answer

    def get_slow(self, address: str, version: str, make: Callable[[], str]) -> Answer:
        """The same of what takes long, or an earlier one. Errors: `BusyError`."""
        kept = self._of(address)
        resting = kept.answer.version and self._clock() < kept.rests_until
        if kept.answer.version == version or resting:
            return kept.answer
        if not self._slow_turn.acquire(timeout=WAIT):
            if not kept.answer.version:
                raise BusyError
            return kept.answer
        try:
            begin = self._clock()
            kept.answer = Answer(make(), version)
            took = self._clock() - begin
            if took > WAIT:
                kept.rests_until = self._clock() + REST * took
            return kept.answer
        finally:
            self._slow_turn.release()

    def _of(self, address: str) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(address, _Kept())
            self._kept.move_to_end(address)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
            return kept
