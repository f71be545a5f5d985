"""What the log itself tells of connections, and what it leaves out."""

from __future__ import annotations

from typing import Any, NamedTuple

from logdiag.diagnosis.moments import Moment


class Sample(NamedTuple):
    """The latest line of its kind: an example of how this log tells it."""

    ordinal: int
    source: int
    offset: int


class Quality:
    """How many openings and closes lack what a diagnosis needs."""

    def __init__(self) -> None:
        self.unnamed = 0  # closes that do not say of which connection
        self.untimed = 0  # openings and closes without a time
        self._latest: dict[str, tuple[int, tuple[int, int]]] = {}  # kind -> ordinal, line

    def tells(self, kind: str, line: tuple[int, int] | None, moment: Moment, named: bool) -> None:
        """A line (source, offset) that opened or closed a connection."""
        self.unnamed += not named
        self.untimed += moment[0] is None
        if line is not None:
            self._latest[kind] = moment[1], line

    @property
    def samples(self) -> dict[str, Sample]:
        """By kind, the latest line of it."""
        return {kind: Sample(ordinal, *line) for kind, (ordinal, line) in self._latest.items()}

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [self.unnamed, self.untimed, self._latest]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self.unnamed, self.untimed = state[:2]
        self._latest = {kind: (ordinal, tuple(line)) for kind, (ordinal, line) in state[2].items()}
