"""Engines as tests run them: a watch that is driven by hand, and what a run left behind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from logdiag.engines import knowledge
from logdiag.engines.ingest import ingest
from logdiag.engines.loop import Loop
from logdiag.engines.pipeline import Pipeline
from logdiag.engines.settings import Settings
from logdiag.model import SECOND, Finding
from logdiag.tailing import Tailer, targets
from logdiag.timeline import Reader, Writer

SAMPLES = Path(__file__).parents[2] / "sample_logs"
SETTINGS = Settings()
FORMATS = knowledge.load_formats(SETTINGS)
RULES = knowledge.load_rules(SETTINGS)


# Seconds between what an access log's line says and when it is there: whole seconds are told, and
# the line is written when the request is over.
ACCESS_DELAY = 1.5


class Watch:
    """What `watch` does, one look at a time, under a clock that only tests move."""

    def __init__(
        self, paths: Sequence[Path | str], db: Path, settings: Settings = SETTINGS
    ) -> None:
        self.paths = [str(path) for path in paths]
        self.settings = settings
        self.db = db
        self.clock = 1_795_392_000 * SECOND
        self.told: list[tuple[str, str]] = []  # rule, state
        self.notices: list[str] = []
        self.start()

    def start(self) -> None:
        """A new process that knows what was stored, and nothing else."""
        self.writer = Writer.open(self.db)
        self.pipeline = Pipeline(self.writer, FORMATS, RULES, self.settings, self._hear)
        wanted = targets(self.paths, may_appear=True)
        for target in wanted:
            self.pipeline.service(target.service)
        self.tailer = Tailer(
            wanted, self.writer.known(), self.writer.register, wall=lambda: self.clock
        )
        self.loop = Loop(self.pipeline, self.tailer, self.notices.append, wall=lambda: self.clock)

    def _hear(self, service: str, finding: Finding) -> None:
        self.told.append((finding.rule, finding.state))

    def step(self, seconds: float = 0) -> Watch:
        """Let time pass, then look once."""
        self.clock += int(seconds * SECOND)
        self.loop.step()
        return self

    def kill(self) -> None:
        """End without a word, as kill -9 does."""
        self.tailer.close()
        self.writer.close()

    def stop(self) -> None:
        """End as SIGTERM does."""
        self.loop.finish()
        self.kill()


def dump(db: Path) -> list[str]:
    """All that two runs over the same bytes must agree in."""
    with Reader.open(db) as reader:
        return list(reader.dump())


def findings(db: Path) -> list[tuple[str, str]]:
    """Rule and state of each finding."""
    with Reader.open(db) as reader:
        return [(found.finding.rule, found.finding.state) for found in reader.findings()]


def ingested(db: Path, *paths: Path) -> list[str]:
    """The dump of one undisturbed run over the files as they are now."""
    ingest([str(path) for path in paths], db, SETTINGS)
    return dump(db)


def append(path: Path, data: bytes) -> None:
    """Write as a logger does."""
    with path.open("ab") as file:
        file.write(data)


_ISO = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}")
_COMMON = re.compile(rb"\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d)")


def two_logs() -> list[tuple[str, bytes]]:
    """A service that writes two logs, as it wrote them: (file name, line), line by line."""
    lines = (SAMPLES / "node-leaky.log").read_bytes().splitlines(keepends=True)
    access = (SAMPLES / "nginx-access.log").read_bytes().splitlines(keepends=True)
    return _as_written(
        [("app.log", line) for line in lines] + [("access.log", line) for line in access]
    )


def _as_written(lines: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """In the order in which they came to be; each log keeps its own order."""
    reached: dict[str, float] = {}
    keyed = []
    for place, (name, line) in enumerate(lines):
        reached[name] = max(reached.get(name, 0.0), _time(line) or 0.0)
        keyed.append((reached[name], place, name, line))
    return [(name, line) for _, _, name, line in sorted(keyed)]


def _time(line: bytes) -> float | None:
    if found := _ISO.search(line):
        return datetime.fromisoformat(found[0].decode() + "+00:00").timestamp()
    if found := _COMMON.search(line):
        written = datetime.strptime(found[1].decode() + "+0000", "%d/%b/%Y:%H:%M:%S%z")
        return written.timestamp() + ACCESS_DELAY
    return None
