"""What the log itself tells of connections, and what it leaves out."""

from __future__ import annotations

from typing import Any

from logdiag.diagnosis.moments import Moment


class Sample:
    """The latest line of its kind: an example of how this log tells it."""

    __slots__ = ("offset", "ordinal", "source")

    def __init__(self, ordinal: int, source: int, offset: int) -> None:
        self.ordinal = ordinal
        self.source, self.offset = source, offset


class Quality:
    """How many openings and closes lack what a diagnosis needs."""

    def __init__(self) -> None:
        self.unnamed = 0  # closes that do not say of which connection
        self.untimed = 0  # openings and closes without a time
        self.samples: dict[str, Sample] = {}  # by kind, the latest line of it

    def tells(self, kind: str, source: int, offset: int, moment: Moment, named: bool) -> None:
        """The line that opened or closed a connection."""
        self.unnamed += not named
        self.untimed += moment[0] is None
        sample = self.samples.get(kind)
        if sample is None:
            self.samples[kind] = Sample(moment[1], source, offset)
        else:  # at each opening and close: nothing is made for it
            sample.ordinal, sample.source, sample.offset = moment[1], source, offset

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        samples = {
            kind: [sample.ordinal, sample.source, sample.offset]
            for kind, sample in self.samples.items()
        }
        return [self.unnamed, self.untimed, samples]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self.unnamed, self.untimed = state[:2]
        self.samples = {kind: Sample(*values) for kind, values in state[2].items()}
