"""What tells one client from another, best first; the report says which it was."""

from __future__ import annotations

from logdiag.model import Event


def client_key(event: Event) -> str | None:
    """The client of an event as "user NAME", "agent ADDRESS AGENT" or "address ADDRESS".

    None where the line does not tell.
    """
    if event.user:
        return f"user {event.user}"
    if not event.client:
        return None
    if event.agent:
        return f"agent {event.client} {event.agent}"
    return f"address {event.client}"
