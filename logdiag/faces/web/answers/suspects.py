"""What findings say about single connections and lanes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from logdiag.model import LEVELS
from logdiag.timeline import Reader, outlines
from logdiag.timeline.outlines import Outline
from logdiag.timeline.population import Member

MOST = 500  # findings looked at; the worst come first
LIVE = ("connecting", "open", "closing")
_WEIGHT = {"firing": 100.0, "pending": 20.0, "resolved": 5.0}  # times the level, 0 to 4


class Suspects(NamedTuple):
    """The findings of a service, and which of them name which connection."""

    findings: Sequence[Outline]
    by_number: dict[int, list[Outline]]

    def of(self, one: Member) -> list[Outline]:
        """The findings that are about the connection: by name, or by all that they group by."""
        if not self.findings:
            return []
        named = self.by_number.get(one.number, [])
        return named + [
            finding for finding in self.findings
            if finding not in named and _grouped(finding, one)
        ]  # fmt: skip

    def state_of(self, one: Member, findings: Sequence[Outline]) -> str:
        """Its state, or `leaked`: it lives, and a firing finding is about it."""
        leaks = one.state in LIVE and any(map(_accuses, findings))
        return "leaked" if leaks else one.state


def known(reader: Reader, service: str, rule: str | None = None) -> Suspects:
    """The latest findings of the service, or those of one rule."""
    found = outlines.latest(reader, service, rule=rule, limit=MOST)
    by_number: dict[int, list[Outline]] = {}
    for finding in found:
        for number in finding.connections:
            by_number.setdefault(number, []).append(finding)
    return Suspects(found, by_number)


def weight(finding: Outline) -> float:
    """How much it speaks against those whom it is about."""
    return _WEIGHT[finding.state] * LEVELS.index(finding.level)


def _accuses(finding: Outline) -> bool:
    return finding.state == "firing" and finding.level != "informational"


def _grouped(finding: Outline, one: Member) -> bool:
    """Whether it is one of the many that a finding does not name one by one."""
    if finding.connections_total <= len(finding.connections) or not _accuses(finding):
        return False
    ours = {
        "client": one.client_key, "path": one.path, "process": one.process, "user": one.user
    }  # fmt: skip
    young = one.begin is None or (finding.fired_at is not None and one.begin > finding.fired_at)
    return (
        not young
        and bool(finding.group)
        and all(ours.get(name) == value for name, value in finding.group.items())
    )
