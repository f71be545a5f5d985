"""Who is refused from where: one address that tries many users is guessing passwords."""

from __future__ import annotations

from typing import Any, Final

from logdiag.diagnosis.recent import Recent
from logdiag.model import Event

MANY_USERS: Final = 5  # refused from one address
MAX_ADDRESSES: Final = 20_000  # addresses remembered, those of which it was learnt last


class Attempts:
    """The users that were refused, by address."""

    def __init__(self) -> None:
        self._users: Recent[set[str]] = Recent(MAX_ADDRESSES)

    def refused(self, event: Event) -> None:
        """A request or a handshake was refused."""
        if event.client is None or event.user is None:
            return
        users = self._users.get(event.client)
        if users is None:
            users = set()
            self._users.put(event.client, users)
        if len(users) < MANY_USERS:
            users.add(event.user)

    def many_users(self, address: str) -> bool | None:
        """Whether that address tried many; None if no line names a user."""
        users = self._users.get(address)
        return len(users) >= MANY_USERS if users else None

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [[[one, sorted(users)] for one, users in some] for some in self._users.snapshot()]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self._users.restore([[(one, set(users)) for one, users in some] for some in state])
