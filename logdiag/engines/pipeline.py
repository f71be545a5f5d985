"""One way through the house: blocks in, batches out, everything in between in step."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from logdiag.diagnosis import Detector, Merger, Rule
from logdiag.engines.outcome import Outcome
from logdiag.engines.settings import Settings
from logdiag.formats import Formats, Parser, TimePolicy
from logdiag.model import Block, Changes, Event, Finding, Gap, Source
from logdiag.tailing.names import parse_name
from logdiag.timeline import Batch, SourceUpdate, Writer

BATCH_EVENTS = 50_000  # events that wait for a commit, at most: bounds memory
BATCH_BYTES = 256 << 20  # bytes read between two commits, at most


class Service:
    """What is correlated together: its sources' parsers, the merger, the detector."""

    def __init__(self, name: str, rules: Sequence[Rule], writer: Writer, settle: int) -> None:
        self.name = name
        self.detector = Detector(name, rules, settle=settle)
        self.merger = Merger()
        self.parsers: dict[int, Parser] = {}
        self.touched = False
        self.news: list[Finding] = []  # what `changes` told that was not told before
        self.told: dict[str, str] = {}  # fingerprint -> the state that was last told
        self._restore(writer)

    def _restore(self, writer: Writer) -> None:
        state = writer.detector_state(self.name)
        if state is None:
            return
        self.detector.restore(state["detector"], writer.open_connections(self.name))
        self.merger.restore(state["merger"], writer.reader().event)
        self.told = state["told"]

    def judge(self, events: Iterable[Event]) -> None:
        """Let the detector take events that the merger let go."""
        for event in events:
            self.detector.on_event(event)
            self.touched = True

    def pass_time(self, silent: int) -> None:
        """The log has been silent for `silent` ns since its last line."""
        latest = self.detector.latest
        if latest is not None and self.detector.suspects:
            self.detector.on_timer(latest + silent)
            self.touched = True

    def changes(self, *, ended: bool) -> Changes:
        """What is to be stored of the service."""
        changes = self.detector.drain(ended=ended)
        self.news = [finding for finding in changes.findings if self._is_news(finding)]
        changes.snapshot = {
            "detector": self.detector.snapshot(),
            "merger": self.merger.snapshot(),
            "told": self.told,
        }
        self.touched = False
        return changes

    def _is_news(self, finding: Finding) -> bool:
        known = self.told.get(finding.fingerprint)
        state = f"{finding.state} {finding.count}"
        if finding.state == "pending":
            return False  # nobody is to be woken by a suspicion
        self.told[finding.fingerprint] = state
        return state != known


class Pipeline:
    """Takes blocks and gaps of any sources, and commits what comes of them."""

    def __init__(
        self, writer: Writer, formats: Formats, rules: Sequence[Rule], settings: Settings,
        on_finding: Callable[[str, Finding], None] = lambda service, finding: None,
    ) -> None:  # fmt: skip
        self.outcome = Outcome()
        self.services: dict[str, Service] = {}
        self._writer = writer
        self._formats = formats
        self._rules = rules
        self._settings = settings
        self._on_finding = on_finding
        self._batch = Batch()
        self._updates: dict[int, SourceUpdate] = {}
        self._bytes = 0
        self._prepared: list[tuple[str, Finding]] | None = None

    def service(self, name: str) -> Service:
        """The service of that name, restored where it was left."""
        found = self.services.get(name)
        if found is None:
            found = Service(name, self._rules, self._writer, self._settings.settle)
            self.services[name] = found
        return found

    def take(self, block: Block, reference: int | None = None) -> None:
        """Parse a block and put its events in the queue; `release` lets them go on.

        `reference`: the file's mtime in ns, for timestamps that do not tell the year.
        """
        service = self.service(block.source.service)
        parser = self._parser(service, block.source, reference)
        lines = parser.lines
        events = parser.parse(block) if block.data else []
        if events:
            self._batch.events += events
            service.merger.push(events)
        self._updates[block.source.id] = SourceUpdate(
            block.source, block.after, None, parser.format or "", parser.lines, parser.recognised
        )
        self._bytes += len(block.data)
        self.outcome.bytes += len(block.data)
        self.outcome.lines += parser.lines - lines
        service.touched = service.touched or bool(events)
        self.outcome.events += len(events)

    def gap(self, gap: Gap) -> None:
        """Lines are missing: what waits comes first, then the gap."""
        service = self.service(gap.source.service)
        self.release(service)
        service.detector.on_gap(gap)
        service.touched = True
        self._batch.gaps.append(gap)
        self.outcome.gaps += 1

    def release(self, service: Service, until: int | None = None) -> None:
        """Judge what waits, up to event time `until` (ns); without it, all."""
        service.judge(service.merger.pop(until))

    @property
    def settle(self) -> int:
        """The settle time S, in ns."""
        return self._settings.settle

    @property
    def full(self) -> bool:
        """Whether it is time to commit."""
        return len(self._batch.events) >= BATCH_EVENTS or self._bytes >= BATCH_BYTES

    @property
    def idle(self) -> bool:
        """Whether there is nothing to commit."""
        touched = any(service.touched for service in self.services.values())
        return not (touched or self._updates or self._batch.gaps)

    def commit(self, *, ended: Iterable[str] = ()) -> None:
        """Store all of it in one transaction, then tell the findings that changed.

        `ended` names the services whose findings are told as if their input ended here.
        Raises TimelineError; then the same commit may be tried again, and nothing is lost.
        """
        if self._prepared is None:
            self._prepared = self._prepare(set(ended))
        self._writer.commit(self._batch)
        told, self._prepared = self._prepared, None
        self._batch, self._updates, self._bytes = Batch(), {}, 0
        for name, finding in told:
            self._on_finding(name, finding)

    def _prepare(self, ended: set[str]) -> list[tuple[str, Finding]]:
        for update in self._updates.values():
            parser = self.services[update.source.service].parsers[update.source.id]
            self._batch.sources.append(update._replace(parser=parser.state()))
        told = []
        for name, service in self.services.items():
            if service.touched or name in ended:
                self._batch.changes[name] = service.changes(ended=name in ended)
                told += [(name, finding) for finding in service.news]
        return told

    def _parser(self, service: Service, source: Source, reference: int | None) -> Parser:
        parser = service.parsers.get(source.id)
        if parser is None:
            policy = TimePolicy(self._settings.zone, self._settings.year, reference)
            state: dict[str, Any] | None = self._writer.parser_state(source)
            parser = service.parsers[source.id] = Parser(self._formats, policy, state)
            service.merger.add_source(source.id, (_log(source.path), source.id))
            self.outcome.files += 1
        return parser


def _log(path: str) -> str:
    """The log that a file is a part of: its path without the marks of rotation."""
    directory, name = os.path.split(path)
    return os.path.join(directory, parse_name(name).family)  # noqa: PTH118 - a shown path
