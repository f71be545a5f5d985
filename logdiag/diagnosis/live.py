"""The connections of one service that are live, in the order of their opening."""

from __future__ import annotations

from collections.abc import Iterator

from logdiag.diagnosis.lifecycle import Life


class Live:
    """A list in which each connection knows its neighbours: a dict takes three times the memory."""

    __slots__ = ("_count", "_oldest", "youngest")

    def __init__(self) -> None:
        self._oldest: Life | None = None
        self.youngest: Life | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Life]:
        life = self._oldest
        while life is not None:
            yield life
            life = life.younger

    def __reversed__(self) -> Iterator[Life]:
        life = self.youngest
        while life is not None:
            yield life
            life = life.older

    def values(self) -> Live:
        """All of them, oldest first, as a dict would give them."""
        return self

    def find(self, number: int | None, since: int) -> Life | None:
        """The one of that number, if it opened at that line or later."""
        life = self.youngest
        while life is not None and life.opened_ordinal >= since:
            if life.number == number:
                return life
            life = life.older
        return None

    def add(self, life: Life) -> None:
        """It opened just now."""
        older = life.older = self.youngest
        if older is None:
            self._oldest = life
        else:
            older.younger = life
        self.youngest = life
        self._count += 1

    def remove(self, life: Life) -> None:
        """It is live no more."""
        older, younger = life.older, life.younger
        if older is None:
            self._oldest = younger
        else:
            older.younger = younger
        if younger is None:
            self.youngest = older
        else:
            younger.older = older
        life.older = life.younger = None
        self._count -= 1
