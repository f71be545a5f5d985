"""Reading what is there, once: files, directories, archives, stdin to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from logdiag.engines import knowledge
from logdiag.engines.outcome import Outcome
from logdiag.engines.pipeline import Pipeline, Service
from logdiag.engines.settings import Settings
from logdiag.model import Block, Gap
from logdiag.tailing import Notice, Reader, Tailer, targets
from logdiag.timeline import Writer

Progress = Callable[[int, int], None]  # bytes done, bytes in all; of archives as compressed


def ingest(
    paths: Sequence[str], db: Path, settings: Settings, *, progress: Progress | None = None
) -> Outcome:
    """Read `paths` to their ends into the timeline `db`; what it has already is not read again.

    Raises UsageError, SourceError for a path that does not exist, TimelineError.
    """
    wanted = targets(paths)
    formats, rules = knowledge.load_formats(settings), knowledge.load_rules(settings)
    with Writer.open(db) as writer:
        pipeline = Pipeline(writer, formats, rules, settings)
        tailer = Tailer(wanted, writer.known(), writer.register, final=True, archives=True)
        try:
            _take_news(pipeline, tailer.refresh())
            readers = tailer.readers()
            _read_all(pipeline, readers, progress or (lambda done, total: None))
            _take_news(pipeline, tailer.refresh())
        finally:
            tailer.close()
        for name in {target.service for target in wanted}:
            pipeline.service(name)
        pipeline.commit(ended=pipeline.services)
    return pipeline.outcome


def _take_news(pipeline: Pipeline, news: Sequence[Notice | Gap]) -> None:
    for item in news:
        if isinstance(item, Gap):
            pipeline.gap(item)
        elif item.level == "warning":
            problem = f"{item.path}: {item.what} {item.hint}".rstrip()
            pipeline.outcome.problems.append(problem)


def _read_all(pipeline: Pipeline, readers: Sequence[Reader], progress: Progress) -> None:
    """Service by service; within one, always the source that lies furthest back in time."""
    total = sum(reader.size for reader in readers)

    def told() -> None:
        progress(sum(reader.consumed for reader in readers), total)

    by_service = sorted(readers, key=lambda reader: reader.source.service)
    for name, group in groupby(by_service, key=lambda reader: reader.source.service):
        service = pipeline.service(name)
        _read_service(pipeline, service, list(group), told)
        pipeline.release(service)
    told()


def _read_service(
    pipeline: Pipeline, service: Service, readers: list[Reader], told: Callable[[], None]
) -> None:
    merger = service.merger
    while readers:
        reader = min(readers, key=lambda reader: merger.reached(reader.source.id))
        item = reader.read()
        if item is None:
            readers.remove(reader)
        elif isinstance(item, Block):
            pipeline.take(item, getattr(reader, "mtime", None))
        else:
            pipeline.gap(item)
        if len(readers) > 1:
            earliest = min(merger.reached(reader.source.id) for reader in readers)
            pipeline.release(service, earliest)
        else:
            pipeline.release(service, None if not readers else merger.reached(readers[0].source.id))
        if pipeline.full:
            pipeline.commit()
        told()
