"""By what a line's connection is found among those that are followed."""

from __future__ import annotations

from logdiag.diagnosis.lifecycle import Life
from logdiag.model import Event


def keys(event: Event) -> tuple[str, ...]:
    """What a connection is found by: its id within its process, its address and port."""
    name = event.connection
    if name:
        process = event.process
        return (f"{process}/{name}", f"/{name}") if process else (f"/{name}",)
    if event.client and event.port:
        return (f"{event.client}:{event.port}",)
    return ()


def keys_of(life: Life) -> list[str]:
    """The same of a connection that we follow."""
    found = []
    if life.identity == "id":
        if life.process:
            found.append(f"{life.process}/{life.name}")
        found.append(f"/{life.name}")
    if life.client and life.port:
        found.append(f"{life.client}:{life.port}")
    return found
