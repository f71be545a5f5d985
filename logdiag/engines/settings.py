"""What a person can set for a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from logdiag.diagnosis import PER_CLIENT, SETTLE


@dataclass(frozen=True, slots=True)
class Settings:
    """`zone` and `year` are for timestamps that lack them; `settle` is S, in ns.

    `per_client` is how many connections any client may have.
    `rules` and `formats` are further directories of definitions, beside the built-in ones.
    """

    zone: str = "UTC"
    year: int | None = None
    settle: int = SETTLE
    rules: tuple[Path, ...] = ()
    formats: tuple[Path, ...] = ()
    per_client: int = PER_CLIENT
