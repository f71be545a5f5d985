"""What is correlated together: its sources' parsers, their common sequence, the detector."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from logdiag.diagnosis import Detector, Rule
from logdiag.engines import sequence
from logdiag.engines.settings import Settings
from logdiag.errors import TimelineError
from logdiag.formats import Formats, Parser
from logdiag.model import Changes, Event, Finding, Gap
from logdiag.timeline import Writer

MAX_TOLD = 10_000  # findings whose last word is kept; beyond, an old one would be told again
LOOKS = 32  # looks at what is pending, per settle time of silence
RULE_GONE = "Its rule is no longer there"
_TOLD = ("rule", "title", "level", "confidence", "group", "count", "state")


class Service:
    """One service, restored where it was left.

    It is `dormant` while its stored end is still its end: nothing is restored before more comes.
    """

    def __init__(
        self, name: str, rules: Sequence[Rule], settings: Settings, writer: Writer
    ) -> None:
        self.name = name
        self.settings = settings.of(name)
        self.parsers: dict[int, Parser] = {}
        self.sequence = sequence.Sequence()
        self.detector = self._detector(rules)
        self.touched = False  # something happened since the last changes
        self.resting = False  # silent for so long that it is told as if its input had ended
        self.before: dict[str, Any] = {}  # where to go on after the end that was told
        self._writer = writer
        self._looked = 0  # silence (ns) at the last look
        self._last: Changes | None = None  # without snapshot
        self._ended: list[Finding] = []  # findings whose rules are gone, to be told
        self._news: dict[str, Finding] = {}
        self._told: dict[str, dict[str, Any]] = {}  # by fingerprint, what was last told
        state = writer.detector_state(name)
        self.dormant = state is not None and "before" in state
        if state is not None:
            self._told = state["told"]
            if not self.dormant:
                self._restore(state)

    def _restore(self, state: dict[str, Any]) -> None:
        try:
            self.sequence.restore(state["sequence"], self._writer.reader().event)
            self._take_up(state["detector"])
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            words = f"The database {self._writer.path} was left by another version of logdiag:"
            what = f"what it knows of {self.name} cannot be taken up."
            hint = "Move it away and read the logs again with `logdiag ingest`."
            raise TimelineError(f"{words} {what}", hint) from error

    def _take_up(self, state: dict[str, Any]) -> None:
        """Restore the detector, and end the findings of rules that are gone."""
        self.detector.restore(state, self._writer.open_connections(self.name))
        self.touched = self.touched or self.detector.taken.renewed
        orphaned = set(self.detector.taken.orphaned)
        if orphaned:
            self._ended = [
                replace(one, state="resolved", resolved_at=self.detector.latest, note=RULE_GONE)
                for one in self._stored()
                if one.fingerprint in orphaned and one.state == "firing"
            ]

    def _detector(self, rules: Sequence[Rule]) -> Detector:
        own = self.settings
        return Detector(
            self.name, rules,
            settle=own.settle, heartbeat=own.heartbeat, per_client=own.per_client,
        )  # fmt: skip

    @property
    def settle(self) -> int:
        """S, in ns: as it is set, or follows from what the log tells."""
        return self.detector.heartbeat.settle

    def adopt(self, formats: Formats, rules: Sequence[Rule]) -> None:
        """Go on with other definitions, as after a restart; all changes must be stored."""
        for parser in self.parsers.values():
            parser.adopt(formats)
        state = json.loads(json.dumps(self.detector.snapshot()))
        self.detector = self._detector(rules)
        if not self.dormant:
            self._take_up(state)

    def _snapshot(self) -> dict[str, Any]:
        return {"detector": self.detector.snapshot(), "sequence": self.sequence.snapshot()}

    def wake(self) -> None:
        """The input goes on: its end, as it was told, is taken back. Raises TimelineError."""
        state = self._writer.detector_state(self.name)
        if self.dormant and state is not None:
            self._writer.take_back(self.name)
            self._restore(state.get("before", state))
            self.dormant, self.touched = False, True

    # What happens

    def take(self, source: int, path: str, events: Sequence[Event]) -> None:
        """The next events of one source; they wait until `release` lets them go."""
        self.sequence.push(source, path, events)
        self.touched, self.resting, self._looked, self._last = True, False, 0, None

    def gap(self, gap: Gap) -> None:
        """Lines are missing: what waits comes first, then the gap."""
        self.release(None)
        self.detector.on_gap(gap)
        self.touched = True

    def release(self, until: int | None) -> None:
        """Judge what waits, up to event time `until` (ns); None: all."""
        events = self.sequence.pop(until)
        for event in events:
            self.detector.on_event(event)
        self.touched = self.touched or bool(events)

    def pass_time(self, silent: int) -> None:
        """No event has come for `silent` ns."""
        if silent - self._looked < self.settle // LOOKS:
            return
        self._looked = silent
        if self.detector.latest is not None and self.detector.suspects:
            # What is still to come may be as late as the bound.
            self.detector.on_timer(self.detector.latest + silent - sequence.LATENESS)
            self.touched = True

    # What comes of it

    def changes(self) -> Changes | None:
        """What is to be stored, with the state to go on from; None: time passed to no effect."""
        changes = self._drain(ended=self.resting)
        if self._looked and changes == self._last:
            self.touched = False
            return None
        self._last = replace(changes)
        self._hear(changes)
        if self.resting:
            self._withdraw(changes)
        changes.snapshot = {**self._snapshot(), "told": self._told}
        self.touched = False
        return changes

    def end(self) -> Changes:
        """The same as if the input ended here; `before` is where to go on if it does not.

        To be asked for when `changes` were stored. Nothing may happen to the service afterwards.
        """
        self.before = json.loads(json.dumps(self._snapshot()))
        self.release(None)
        self.detector.run_out()
        changes = self._drain(ended=True)
        self._hear(changes)
        self._withdraw(changes)
        changes.snapshot = {"told": self._told}
        return changes

    def _drain(self, *, ended: bool) -> Changes:
        changes = self.detector.drain(ended=ended)
        changes.findings[:0] = self._ended
        self._ended = []
        return changes

    def news(self) -> list[Finding]:
        """The findings that are told now, because they were not told before.

        One that fired and is over already is told as firing first.
        """
        news = [one for finding in self._news.values() for one in self._untold(finding)]
        for finding in news:
            self._told.pop(finding.fingerprint, None)
            self._told[finding.fingerprint] = {key: getattr(finding, key) for key in _TOLD}
        for fingerprint in list(self._told)[:-MAX_TOLD]:
            del self._told[fingerprint]
        self._news = {}
        return news

    def _stored(self) -> list[Finding]:
        return [found.finding for found in self._writer.reader().findings(self.name)]

    def _hear(self, changes: Changes) -> None:
        for finding in changes.findings:
            self._news[finding.fingerprint] = finding

    def _untold(self, finding: Finding) -> list[Finding]:
        if finding.state == "pending":
            return []  # nobody is to be woken by a suspicion
        known = self._told.get(finding.fingerprint, {})
        if (finding.state, finding.count) == (known.get("state"), known.get("count")):
            return []
        if finding.state == "resolved" and finding.count != known.get("count"):
            return [replace(finding, state="firing", resolved_at=None, note=""), finding]
        return [finding]

    def _withdraw(self, changes: Changes) -> None:
        """What was told as if the input had ended, and is no finding after all, is over."""
        told = {key for key, known in self._told.items() if known["state"] == "firing"}
        if not told:
            return
        stored: dict[str, str] = {one.fingerprint: one.state for one in self._stored()}
        stored |= dict.fromkeys(changes.dropped, "dropped")
        stored |= {finding.fingerprint: finding.state for finding in changes.findings}
        for key in told:
            if stored.get(key) not in ("firing", "resolved"):
                known = {**self._told[key], "state": "resolved"}
                over = Finding(fingerprint=key, note="Not confirmed by what came later", **known)
                self._news[key] = replace(over, resolved_at=self.detector.latest)
