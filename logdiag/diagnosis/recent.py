"""A memory of what was last known of each of many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by key, of the latest keys: at most so many are kept, and at least half of them.

    They are kept in two generations, the older of which is forgotten as a whole: to keep them in
    the order of their use would cost at each use more than all else that is done with them.
    """

    __slots__ = ("_half", "_older", "_younger")

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._younger: dict[str, T] = {}
        self._older: dict[str, T] = {}

    def __len__(self) -> int:
        return len(self._younger) + len(self._older)

    def get(self, key: str) -> T | None:
        """What is known of it."""
        found = self._younger.get(key)
        if found is None and self._older:
            found = self._older.get(key)
        return found

    def renew(self, key: str) -> T | None:
        """What is known of it, to be changed: it counts as noted now."""
        found = self._younger.get(key)
        if found is None and (found := self._older.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: str, value: T) -> None:
        """Note what is known of it now."""
        younger = self._younger
        younger[key] = value
        if len(younger) >= self._half:
            self._older, self._younger = younger, {}

    def drop(self, key: str) -> None:
        """Forget it."""
        if key in self._younger:
            del self._younger[key]
        if key in self._older:
            del self._older[key]

    def clear(self) -> None:
        """Forget all."""
        self._younger, self._older = {}, {}

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types, if the values are."""
        return [list(self._older.items()), list(self._younger.items())]

    def restore(self, state: Iterable[Iterable[tuple[str, T]]]) -> None:
        """Take up where `snapshot` was made."""
        self._older, self._younger = map(dict, state)
