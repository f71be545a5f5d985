"""A follower that is driven by hand: every sweep and every restart happens when a test says so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from logdiag.model import SECOND, Block, Gap, Position, Source
from logdiag.tailing import Notice, Reader, Tailer, targets
from logdiag.tailing.departed import LONGEST_WAIT


class Follower:
    """Keeps what an engine would store: sources, positions, lines; and can be stopped anywhere."""

    def __init__(self, *paths: Path | str, **options: Any) -> None:
        self.paths = [str(path) for path in paths]
        self.options = options
        self.sources: dict[int, Source] = {}
        self.positions: dict[int, Position] = {}
        self.blocks: list[Block] = []
        self.gaps: list[Gap] = []
        self.notices: list[Notice] = []
        self.clock = 1_700_000_000 * SECOND
        self.start()

    def start(self) -> None:
        """A new process that knows what was stored, and nothing else."""
        known = [(self.sources[key], position) for key, position in self.positions.items()]
        self.tailer = Tailer(
            targets(self.paths, may_appear=True),
            known,
            self._register,
            wall=lambda: self.clock,
            **self.options,
        )

    def restart(self) -> None:
        """Stop without a word (kill -9) and start again."""
        self.tailer.close()
        self.start()

    def __del__(self) -> None:
        self.tailer.close()

    def _register(self, service: str, path: str) -> Source:
        source = Source(len(self.sources) + 1, service, path)
        self.sources[source.id] = source
        self.positions[source.id] = Position()
        return source

    def look(self) -> None:
        """One sweep, one second after the last."""
        self.clock += SECOND
        for news in self.tailer.refresh():
            if isinstance(news, Gap):
                self.gaps.append(news)
            else:
                self.notices.append(news)

    def read(self, limit: int = 1 << 30) -> int:
        """Read at most `limit` blocks; how many there were."""
        count = 0
        for reader in self.tailer.readers():
            while count < limit and self._take(reader):
                count += 1
        return count

    def taste(self) -> None:
        """Read one block of each source."""
        for reader in self.tailer.readers():
            self._take(reader)

    def _take(self, reader: Reader) -> bool:
        block = reader.read()
        if isinstance(block, Gap):
            self.gaps.append(block)
        elif block is not None:
            assert self.positions[block.source.id].offset <= block.offset
            self.positions[block.source.id] = block.after
            self.blocks.append(block)
        return block is not None

    def sweep(self, times: int = 1) -> Follower:
        """Look, and read all there is."""
        for _ in range(times):
            self.look()
            self.read()
        return self

    def settle(self) -> Follower:
        """Sweep until all that was rotated away or deleted has ended."""
        return self.sweep(LONGEST_WAIT // SECOND + 5)

    def lines(self, path: str | None = None) -> list[bytes]:
        """All lines so far, without newlines, in the order read."""
        data = [block.data for block in self.blocks if path in (None, block.source.path)]
        return [line for part in data for line in split(part)]

    def counted(self) -> Counter[bytes]:
        """All lines so far, as a multiset."""
        return Counter(self.lines())

    def ended(self) -> list[bool]:
        """Per source, whether it is stored as ended."""
        return [position.ended for position in self.positions.values()]


def split(data: bytes) -> list[bytes]:
    """Lines, cut at newlines alone; an unterminated last one counts."""
    lines = data.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def append(path: Path, data: bytes | str) -> None:
    """Write as a logger does: append, in one piece."""
    with path.open("ab") as file:
        file.write(data.encode() if isinstance(data, str) else data)
