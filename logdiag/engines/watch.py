"""Following logs as they grow, until told to stop; a full disk is waited out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event as Flag

from logdiag.engines import knowledge
from logdiag.engines.feed import block_size
from logdiag.engines.loop import Loop
from logdiag.engines.outcome import Outcome
from logdiag.engines.pipeline import Pipeline
from logdiag.engines.places import place
from logdiag.engines.renewal import Renewal
from logdiag.engines.settings import Settings
from logdiag.errors import TimelineError
from logdiag.model import Finding, Source
from logdiag.tailing import Tailer, Target, Watcher, targets
from logdiag.tailing.targets import STDIN
from logdiag.timeline import Writer

SWEEP = 1.0  # seconds between two looks at the disk when nothing hints at a change
RETRY = 5.0  # seconds before a write that failed (a full disk) is tried again

OnFinding = Callable[[str, Finding], None]
OnNotice = Callable[[str], None]


def watch(
    paths: Sequence[str], db: Path, settings: Settings, *,
    stop: Flag, once: bool = False,
    on_finding: OnFinding = lambda service, finding: None,
    on_notice: OnNotice = lambda text: None,
    on_ready: Callable[[list[str]], None] = lambda services: None,
    wall: Callable[[], int] = time.time_ns, retry: float = RETRY, renew: Flag | None = None,
) -> Outcome:  # fmt: skip
    """Follow `paths` until `stop` is set; with `once` stop when all that is there was read.

    `on_finding` hears of findings that changed their state, `on_notice` of what a person should
    know, `on_ready` which services are watched, once the database is ours and the files are found.
    `wall` gives ns since 1970; `retry` are the seconds to wait before a failed write is repeated.
    `renew` asks for rules and formats to be read anew; they are, too, when their files change.
    Raises UsageError, SourceError, TimelineError (a second writer, a foreign file).
    """
    wanted = targets(paths, may_appear=not once)
    formats, rules = knowledge.load_all(settings)
    with Writer.open(db) as writer:
        patience = Patience(stop, retry, on_notice)
        pipeline = Pipeline(writer, formats, rules, settings, on_finding, patience)
        for target in wanted:
            pipeline.service(target.service)
        patience(lambda: place(writer, wanted))
        watcher = Watcher([] if once else wanted)
        tailer = Tailer(
            wanted, writer.known(), patience.around(writer.register),
            wall=wall, wake=watcher.wake, block_size=block_size(wanted),
        )  # fmt: skip
        loop = Loop(pipeline, tailer, on_notice, stop.is_set, wall)
        renewal = Renewal(settings, pipeline, on_notice, renew or Flag())
        try:
            for notice in watcher.notices:
                loop.tell(notice)
            on_ready(list(pipeline.services))
            _run(loop, tailer, watcher, renewal, stop, wanted, once)
        finally:
            watcher.close()
            tailer.close()
    return pipeline.outcome


def _run(
    loop: Loop, tailer: Tailer, watcher: Watcher, renewal: Renewal, stop: Flag,
    wanted: Sequence[Target], once: bool,
) -> None:  # fmt: skip
    streams_only = all(target.root == STDIN for target in wanted)
    while not stop.is_set():
        loop.step()
        streams = [reader for reader in tailer.readers() if reader.source.path == STDIN]
        if (once or streams_only) and all(reader.done for reader in streams):
            break
        watcher.wait(SWEEP)
        renewal.look()
    loop.finish()


class Patience:
    """Makes writes, and repeats what failed until it works or `stop` is set."""

    def __init__(self, stop: Flag, retry: float, notice: OnNotice) -> None:
        self._stop = stop
        self._retry = retry
        self._notice = notice

    def __call__(self, write: Callable[[], None]) -> None:
        """Write. Raises the last TimelineError when stopped meanwhile; nothing is half-stored."""
        said = ""
        while True:
            try:
                write()
            except TimelineError as error:
                if str(error) != said:
                    said = str(error)
                    self._notice(f"{said} It is tried again until it works; nothing is lost.")
                if self._stop.wait(self._retry):
                    raise
            else:
                if said:
                    self._notice("The database can be written again.")
                return

    def around(self, register: Callable[[str, str], Source]) -> Callable[[str, str], Source]:
        """`register`, made as patiently."""

        def patient(service: str, path: str) -> Source:
            made: list[Source] = []
            self(lambda: made.append(register(service, path)))
            return made[0]

        return patient
