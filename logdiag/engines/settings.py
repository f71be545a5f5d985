"""What a person can set for a run, and for one service of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from logdiag.diagnosis import PER_CLIENT


@dataclass(frozen=True, slots=True)
class Own:
    """What is set for one service alone; None: as for all. Durations in ns."""

    zone: str | None = None
    settle: int | None = None
    heartbeat: int | None = None
    per_client: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """`zone` and `year` are for timestamps that lack them.

    `settle` is S and `heartbeat` is H, in ns; None: S follows from H, and H from the log.
    `per_client` is how many connections any client may have.
    `rules` and `formats` are further directories of definitions, beside the built-in ones.
    `own` has what is set for single services, by name: `of` gives what holds for one.
    """

    zone: str = "UTC"
    year: int | None = None
    settle: int | None = None
    rules: tuple[Path, ...] = ()
    formats: tuple[Path, ...] = ()
    per_client: int = PER_CLIENT
    heartbeat: int | None = None
    own: Mapping[str, Own] = field(default_factory=dict)

    def of(self, service: str) -> Settings:
        """What holds for that service: key by key its own value, else that for all."""
        own = asdict(self.own.get(service, Own()))
        return replace(self, own={}, **{key: it for key, it in own.items() if it is not None})
