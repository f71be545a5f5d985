"""Following logs as they grow: read what is new, judge it, commit, wait for a hint or a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event as Flag

from logdiag.engines import knowledge
from logdiag.engines.outcome import Outcome
from logdiag.engines.pipeline import Pipeline
from logdiag.engines.settings import Settings
from logdiag.errors import TimelineError
from logdiag.model import SECOND, Block, Finding, Gap
from logdiag.tailing import Notice, Tailer, Target, Watcher, targets
from logdiag.tailing.targets import STDIN
from logdiag.timeline import Writer

SWEEP = 1.0  # seconds between two looks at the disk when nothing hints at a change
QUIET = 2 * SECOND  # after so long without a line nothing earlier is still to come
RETRY = 5.0  # seconds before a commit that failed (a full disk) is tried again

OnFinding = Callable[[str, Finding], None]
OnNotice = Callable[[str], None]


def watch(
    paths: Sequence[str], db: Path, settings: Settings, *,
    stop: Flag, once: bool = False,
    on_finding: OnFinding = lambda service, finding: None,
    on_notice: OnNotice = lambda text: None,
    on_ready: Callable[[list[str]], None] = lambda services: None,
) -> Outcome:  # fmt: skip
    """Follow `paths` until `stop` is set; with `once` stop when all that is there was read.

    `on_finding` hears of findings that changed their state, `on_notice` of what a person should
    know, `on_ready` which services are watched, once the files are open.
    Raises UsageError, SourceError, TimelineError (a second writer, a foreign file).
    """
    wanted = targets(paths, may_appear=not once)
    formats, rules = knowledge.load_formats(settings), knowledge.load_rules(settings)
    with Writer.open(db) as writer:
        pipeline = Pipeline(writer, formats, rules, settings, on_finding)
        for target in wanted:
            pipeline.service(target.service)
        watcher = Watcher([] if once else wanted)
        tailer = Tailer(wanted, writer.known(), writer.register, wake=watcher.wake)
        on_ready([target.service for target in wanted])
        try:
            _Loop(pipeline, wanted, tailer, watcher, on_notice, stop).run(once=once)
        finally:
            watcher.close()
            tailer.close()
    return pipeline.outcome


class _Loop:
    def __init__(
        self, pipeline: Pipeline, wanted: Sequence[Target], tailer: Tailer, watcher: Watcher,
        notice: OnNotice, stop: Flag,
    ) -> None:  # fmt: skip
        self._pipeline = pipeline
        self._tailer = tailer
        self._watcher = watcher
        self._notice = notice
        self._stop = stop
        self._only_streams = all(target.root == STDIN for target in wanted)
        self._heard: dict[str, int] = {}  # service -> wall time of its last line, ns
        self._rested: set[str] = set()  # services told as if their input had ended

    def run(self, *, once: bool) -> None:
        for notice in self._watcher.notices:
            self._tell(notice)
        while not self._stop.is_set():
            self._sweep()
            if self._over(once):
                break
            self._commit(self._at_rest())
            self._watcher.wait(SWEEP)
        for service in self._pipeline.services.values():
            self._pipeline.release(service)
        self._commit(list(self._pipeline.services))

    def _over(self, once: bool) -> bool:
        """Whether nothing is left to wait for: streams are read to their ends in any case."""
        streams = [reader for reader in self._tailer.readers() if reader.source.path == STDIN]
        return (once or self._only_streams) and all(reader.done for reader in streams)

    def _sweep(self) -> None:
        """Read all sources to their ends, a block of each in turn."""
        for item in self._tailer.refresh():
            if isinstance(item, Gap):
                self._gap(item)
            else:
                self._tell(item)
        readers = self._tailer.readers()
        while readers and not self._stop.is_set():
            readers = [reader for reader in readers if self._read(reader.read, reader)]
            for service in self._pipeline.services.values():
                self._pipeline.release(service, service.merger.settled())
            if self._pipeline.full:
                self._commit([])

    def _read(self, read: Callable[[], Block | Gap | None], reader: object) -> bool:
        item = read()
        if isinstance(item, Block):
            self._pipeline.take(item, getattr(reader, "mtime", None))
            if item.data:
                self._heard[item.source.service] = time.time_ns()
                self._rested.discard(item.source.service)
        elif item is not None:
            self._gap(item)
        return item is not None

    def _at_rest(self) -> list[str]:
        """Let time pass for silent services; returns those that have been silent for long."""
        now, resting = time.time_ns(), []
        for name, service in self._pipeline.services.items():
            silent = now - self._heard.setdefault(name, now)
            if silent < QUIET:
                continue
            self._pipeline.release(service)
            service.pass_time(silent - QUIET)
            if silent >= self._pipeline.settle and name not in self._rested:
                self._rested.add(name)
                resting.append(name)
        return resting

    def _commit(self, ended: list[str]) -> None:
        """Commit; while the disk is full, wait and try again, reading nothing meanwhile."""
        if not ended and self._pipeline.idle:
            return
        while True:
            try:
                self._pipeline.commit(ended=ended)
                return
            except TimelineError as error:
                self._notice(f"{error} Trying again every {RETRY:.0f} s; nothing is lost.")
                if self._stop.wait(RETRY):
                    raise

    def _gap(self, gap: Gap) -> None:
        self._pipeline.gap(gap)
        self._notice(f"{gap.source.path}: lines are missing at byte {gap.offset}: {gap.reason}.")

    def _tell(self, notice: Notice) -> None:
        if notice.level == "warning":
            self._pipeline.outcome.problems.append(f"{notice.path}: {notice.what}")
        self._notice(f"{notice.path}: {notice.what} {notice.hint}".rstrip())
