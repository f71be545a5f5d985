"""One way through the house: blocks in, batches out, everything in between in step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from logdiag.diagnosis import Rule
from logdiag.engines.outcome import Outcome
from logdiag.engines.service import Service
from logdiag.engines.settings import Settings
from logdiag.formats import Formats, Parser, TimePolicy
from logdiag.model import Block, Finding, Gap, Source
from logdiag.timeline import Batch, SourceUpdate, Writer

BATCH_EVENTS = 12_000  # events that wait for a commit, at most: 25 MB
BATCH_BYTES = 256 << 20  # bytes read between two commits, at most

OnFinding = Callable[[str, Finding], None]


class Pipeline:
    """Takes blocks and gaps of any sources, and commits what comes of them.

    `on_finding` hears of findings that begin to fire or are over, once each, across restarts.
    `patience` makes each write to the timeline, and may try it again after a TimelineError;
    without it such an error is raised, by every method, and nothing is half-stored.
    """

    def __init__(
        self, writer: Writer, formats: Formats, rules: Sequence[Rule], settings: Settings,
        on_finding: OnFinding | None = None,
        patience: Callable[[Callable[[], None]], None] = lambda write: write(),
    ) -> None:  # fmt: skip
        self.outcome = Outcome()
        self.services: dict[str, Service] = {}
        self.settings = settings
        self._writer = writer
        self._formats = formats
        self._rules = rules
        self._on_finding = on_finding
        self._patience = patience
        self._batch = Batch()
        self._updates: dict[int, SourceUpdate] = {}
        self._references: dict[int, int | None] = {}  # source -> see `take`
        self._bytes = 0

    def service(self, name: str) -> Service:
        """The service of that name, restored where it was left."""
        found = self.services.get(name)
        if found is None:
            found = Service(name, self._rules, self.settings, self._writer)
            self.services[name] = found
        return found

    def adopt(self, formats: Formats, rules: Sequence[Rule]) -> None:
        """Read and judge what comes by other definitions; what was read stays as it is."""
        self.commit()
        self._formats, self._rules = formats, rules
        for service in self.services.values():
            service.adopt(formats, rules)

    def remark(self, name: str, text: str) -> None:
        """What is to be said in every report until it is said otherwise; "" withdraws it."""
        self._patience(lambda: self._writer.remark(name, text))

    def wake(self, service: Service) -> None:
        """The service's input goes on after the end that was stored."""
        if service.dormant:
            self._patience(service.wake)

    def take(self, block: Block, reference: int | None = None) -> int:
        """Parse a block; its events wait in the service's sequence. Returns how many there are.

        `reference`: the file's mtime in ns, for timestamps that do not tell the year.
        """
        source, service = block.source, self.service(block.source.service)
        if source.id not in service.parsers and block.data:
            self.outcome.files += 1
        parser = self._parser(service, source, reference)
        events = []
        if block.data:
            lines = parser.lines
            events = parser.parse(block)
            self.outcome.lines += parser.lines - lines
        if events:
            self._batch.events += events
            self.wake(service)
            service.take(source.id, source.path, events)
        self._updates[source.id] = SourceUpdate(
            source, block.after, None, parser.format or "", parser.lines, parser.recognised
        )
        self._bytes += len(block.data)
        self.outcome.bytes += len(block.data)
        self.outcome.events += len(events)
        return len(events)

    def gap(self, gap: Gap) -> None:
        """Lines are missing: what waits comes first, then the gap."""
        service = self.service(gap.source.service)
        self.wake(service)
        service.gap(gap)
        self._batch.gaps.append(gap)
        self.outcome.gaps += 1

    @property
    def full(self) -> bool:
        """Whether it is time to commit."""
        return len(self._batch.events) >= BATCH_EVENTS or self._bytes >= BATCH_BYTES

    def commit(self) -> None:
        """Store all of it in one transaction, then tell the findings that changed."""
        self._prepare()
        self._store(self._news())

    def finish(self) -> None:
        """The input ends here, as far as is known: judge what waits, and tell what that means.

        Should it go on in a later run, that one takes up where the first of two commits left off.
        """
        self._prepare()
        self._store([])
        for name, service in self.services.items():
            if not service.dormant:
                self._batch.changes[name] = service.end()
                self._batch.before[name] = service.before
                self.outcome.gaps += len(self._batch.changes[name].gaps)
        self._store(self._news())

    def _prepare(self) -> None:
        for update in self._updates.values():
            service = self.services[update.source.service]
            parser = service.parsers[update.source.id]
            state = {**parser.state(), "reference": self._references[update.source.id]}
            self._batch.sources.append(update._replace(parser=state))
            if update.position.ended:
                self._forget(service, update.source)
        for name, service in self.services.items():
            if service.touched and (changes := service.changes()) is not None:
                self._batch.changes[name] = changes
                self.outcome.gaps += len(changes.gaps)

    def _news(self) -> list[tuple[str, Finding]]:
        if self._on_finding is None:
            return []
        news = [(name, one) for name, service in self.services.items() for one in service.news()]
        return sorted(news, key=lambda told: told[1].changed_at or 0)

    def _store(self, news: list[tuple[str, Finding]]) -> None:
        batch = self._batch
        if batch.sources or batch.gaps or batch.changes:
            self._patience(lambda: self._writer.commit(batch))
        self._batch, self._updates, self._bytes = Batch(), {}, 0
        for name, finding in news:
            if self._on_finding is not None:
                self._on_finding(name, finding)

    def _parser(self, service: Service, source: Source, reference: int | None) -> Parser:
        parser = service.parsers.get(source.id)
        if parser is None:
            state: dict[str, Any] = self._writer.parser_state(source) or {}
            if (stored := state.get("reference")) is not None:
                reference = max(stored, reference or stored)  # a copy may be dated back
            own = service.settings
            policy = TimePolicy(own.zone, own.year, reference)
            parser = service.parsers[source.id] = Parser(self._formats, policy, state or None)
            self._references[source.id] = reference
        return parser

    def _forget(self, service: Service, source: Source) -> None:
        """A source has ended: logs that are rotated each hour must not fill the memory."""
        service.sequence.end(source.id)
        del service.parsers[source.id], self._references[source.id]
