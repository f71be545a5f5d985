"""What is told of findings: as they are, or as if the input had ended, until it goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence, Set

from logdiag.diagnosis.court import Court
from logdiag.model import Finding


class Overlay:
    """The findings of a court for the timeline, and which of them were told as if at the end."""

    def __init__(self, court: Court) -> None:
        self._court = court
        self.told: list[str] = []  # fingerprints

    def findings(self, at_end: Callable[[], Sequence[Finding]] | None) -> list[Finding]:
        """Those that changed; `at_end` gives those that fire if the input ends here."""
        court = self._court
        if at_end is not None:
            court.doubt()
        found = list(court.tell())
        found += self._uncover({finding.fingerprint for finding in found})
        if at_end is not None:
            found += (ending := at_end())
            self.told += [finding.fingerprint for finding in ending]
        return list({(one.fingerprint, one.count): one for one in found}.values())

    def _uncover(self, told: Set[str]) -> Iterator[Finding]:
        """Tell what was told as if the input had ended as it really is: the input goes on."""
        for key in self.told:
            if key in told:
                continue
            judgement = self._court.find(key)
            if judgement is None:
                self._court.dropped.add(key)
            elif judgement.state != "pending":
                yield judgement.finding()
            elif finding := self._court.suspicion(judgement):
                yield finding
        self.told = []

    def restore(self, told: Sequence[str], orphaned: Collection[str]) -> None:
        """Take up what was `told`, but for the findings of rules that are gone."""
        self.told = [key for key in told if key not in orphaned]
