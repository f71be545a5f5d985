"""Who is refused from where: one address that tries many users is guessing passwords."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from logdiag.model import Event

MANY_USERS: Final = 5  # refused from one address
MAX_ADDRESSES: Final = 20_000  # addresses remembered, the latest ones


class Attempts:
    """The users that were refused, by address."""

    def __init__(self) -> None:
        self._users: OrderedDict[str, set[str]] = OrderedDict()

    def refused(self, event: Event) -> None:
        """A request or a handshake was refused."""
        if event.client is None:
            return
        users = self._users.setdefault(event.client, set())
        self._users.move_to_end(event.client)
        if event.user is not None and len(users) < MANY_USERS:
            users.add(event.user)
        if len(self._users) > MAX_ADDRESSES:
            self._users.popitem(last=False)

    def many_users(self, address: str) -> bool | None:
        """Whether that address tried many; None if no line names a user."""
        users = self._users.get(address)
        return len(users) >= MANY_USERS if users else None

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [[address, sorted(users)] for address, users in self._users.items()]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self._users = OrderedDict((address, set(users)) for address, users in state)
