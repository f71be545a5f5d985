"""Reading what is there, once: files, directories, archives, stdin to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from logdiag.engines import knowledge
from logdiag.engines.collector import seldom
from logdiag.engines.feed import Feed, block_size
from logdiag.engines.outcome import Outcome
from logdiag.engines.pipeline import Pipeline
from logdiag.engines.places import place
from logdiag.engines.settings import Settings
from logdiag.model import Gap
from logdiag.tailing import Notice, Reader, Tailer, targets
from logdiag.timeline import Writer

Progress = Callable[[int, int], None]  # bytes done, bytes in all; of archives as compressed

_PASSES = 2  # the second one reads what was written, moved or lost during the first one


def ingest(
    paths: Sequence[str], db: Path, settings: Settings, *, progress: Progress | None = None
) -> Outcome:
    """Read `paths` to their ends into the timeline `db`; what it has already is not read again.

    Raises UsageError, SourceError for a path that does not exist, TimelineError.
    """
    wanted = targets(paths)
    formats, rules = knowledge.load_all(settings)
    with Writer.open(db) as writer, seldom():
        pipeline = Pipeline(writer, formats, rules, settings)
        for target in wanted:
            pipeline.service(target.service)
        place(writer, wanted)
        tailer = Tailer(
            wanted, writer.known(), writer.register,
            final=True, archives=True, block_size=block_size(wanted),
        )  # fmt: skip
        count = _Count(progress or (lambda done, total: None))
        try:
            for _ in range(_PASSES):
                _take_news(pipeline, tailer.refresh())
                _read_all(pipeline, tailer.readers(), count)
            _take_news(pipeline, tailer.refresh())
        finally:
            tailer.close()
        pipeline.finish()
        count.end()
    return pipeline.outcome


def _take_news(pipeline: Pipeline, news: Iterable[Notice | Gap]) -> None:
    for item in news:
        if isinstance(item, Gap):
            pipeline.gap(item)
        elif item.level == "warning":
            pipeline.outcome.problem(f"{item.path}: {item.what} {item.hint}".rstrip())


def _read_all(pipeline: Pipeline, readers: Sequence[Reader], count: _Count) -> None:
    """Service by service."""
    count.expect(readers)
    by_service = sorted(readers, key=attrgetter("source.service"))
    for name, group in groupby(by_service, key=attrgetter("source.service")):
        feed = Feed(pipeline.service(name), list(group))
        while (reader := feed.read(pipeline)) is not None:
            if pipeline.full:
                pipeline.commit()
            count.read(reader)


class _Count:
    """What was read of what is to be read, over all sources; never goes back."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._known: dict[int, tuple[int, int]] = {}  # source -> bytes done, bytes in all
        self._done = self._total = 0

    def expect(self, readers: Sequence[Reader]) -> None:
        for reader in readers:
            self._note(reader)
        self._progress(self._done, self._total)

    def read(self, reader: Reader) -> None:
        if self._note(reader):
            self._progress(self._done, self._total)

    def end(self) -> None:
        self._progress(self._total, self._total)

    def _note(self, reader: Reader) -> bool:
        done, total = self._known.get(reader.source.id, (0, 0))
        now = max(done, reader.consumed)
        size = max(total, reader.size, now)
        self._known[reader.source.id] = now, size
        self._done += now - done
        self._total += size - total
        return (now, size) != (done, total)
