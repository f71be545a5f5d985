"""Finding alone: a log's events found, matched, timed, and stored; no lifecycles, no rules.

What a scanner with a database can do; what `logdiag ingest` takes beyond it is diagnosis.

    python benchmarks/find_and_store.py LOG DATABASE
"""

from __future__ import annotations

import sys
from pathlib import Path

from logdiag.engines import knowledge
from logdiag.engines.settings import Settings
from logdiag.formats import Parser, TimePolicy
from logdiag.model import Block
from logdiag.tailing import Tailer, targets
from logdiag.timeline import Batch, SourceUpdate, Writer

BATCH = 50_000  # events between two commits


def main() -> None:
    """Read one file through tailing, formats and timeline."""
    path, database = sys.argv[1], Path(sys.argv[2])
    parser = Parser(knowledge.load_formats(Settings()), TimePolicy())
    with Writer.open(database) as writer:
        tailer = Tailer(targets([path]), writer.known(), writer.register, final=True)
        tailer.refresh()
        (reader,) = tailer.readers()
        batch, last = Batch(), None
        while isinstance(block := reader.read(), Block):
            batch.events += parser.parse(block)
            last = block
            if len(batch.events) >= BATCH:
                writer.commit(batch)
                batch = Batch()
        if last is not None:
            update = SourceUpdate(
                reader.source, last.after, parser.state(), parser.format or "",
                parser.lines, parser.recognised,
            )  # fmt: skip
            batch.sources.append(update)
        writer.commit(batch)
        tailer.close()


if __name__ == "__main__":
    main()
