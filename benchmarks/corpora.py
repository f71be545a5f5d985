"""Logs to measure with: the same bytes for the same arguments, and with a known truth.

    python -m benchmarks.corpora sparse 500     writes benchmarks/corpora/sparse-500M.log

sparse   a Node.js application's log; one line of a hundred is about a connection or a refused
         request, the others are of 60 to 300 bytes
dense    the same server, and every line is about a connection or a refused request
access   nginx's combined format; 1% upgraded connections (101), 1% refused requests (401)

Lifecycles are whole: every connection that opens closes before the end (except `leaks` of them),
the reported total is right in each line, and time never runs backwards. The older line `New
WebSocket connection established. Total connections: 3` does not occur beside the one with an id:
a log with both would report every connection twice.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).parent / "corpora"
MB = 1_000_000
LINES_PER_SECOND = 100  # of the log's own time
LIFETIME = 60.0  # seconds, the mean of an exponential distribution
POOL = 64  # seconds of noise rendered in advance; the lines vary, the cost does not grow
START = datetime(2026, 11, 20, 10, tzinfo=UTC)
STAMP = b"\0"  # where a rendered second gets its date and time; no log line has this byte
WORDS = [
    "cache", "request", "user", "session", "video", "channel", "queue", "worker", "upload",
    "segment", "playlist", "thumbnail", "index", "refresh", "metadata", "database", "query",
    "result", "batch", "retry", "timeout", "latency", "bucket", "socket",
]  # fmt: skip
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.5 Safari",
    "curl/8.8.0",
)


class Server:
    """A WebSocket server that writes one line per step. `leaks` of its connections never close."""

    def __init__(self, dice: random.Random, leaks: int = 0) -> None:
        self._dice = dice
        self._leaks = leaks
        self._due: list[tuple[float, str]] = []
        self._opened = 0
        self.live = 0
        self._channels = [
            f"{dice.getrandbits(32):08x}-6d3c-4ad2-82f8-{dice.getrandbits(48):012x}"
            for _ in range(500)
        ]

    def step(self, now: float) -> str:
        """The next line, without its timestamp, at `now` seconds after the start."""
        if self._due and self._due[0][0] <= now:
            return self._close()
        if self._dice.random() < 0.15:
            channel = self._dice.choice(self._channels)
            return f"warn: GET /api/channels/{channel} - No authHeader or no bearer found\n"
        self._opened += 1
        self.live += 1
        # An odd factor permutes the 32-bit numbers: ids look random and never repeat.
        name = f"{self._opened * 2654435761 & 0xFFFFFFFF:08x}"
        if self._leaks:
            self._leaks -= 1
        else:
            heapq.heappush(self._due, (now + self._dice.expovariate(1 / LIFETIME), name))
        return f"info: WebSocket connection {name} established. Total: {self.live}\n"

    def drain(self) -> Iterator[str]:
        """The lines that close what is still open."""
        while self._due:
            yield self._close()

    def _close(self) -> str:
        _, name = heapq.heappop(self._due)
        self.live -= 1
        code = self._dice.choice((1000, 1001, 1001, 1005, 1006))
        return f"info: WebSocket connection {name} closed (code {code}). Total: {self.live}\n"


def sparse(size: int, seed: int = 1, leaks: int = 0) -> Iterator[bytes]:
    """About `size` bytes of an application's log, 1% of its lines relevant, a second at a time."""
    dice = random.Random(seed)
    server = Server(dice, leaks)
    pool = [_noisy_second(dice) for _ in range(POOL)]
    written = second = 0
    while written < size:
        stamp = _iso(second)
        before, after = dice.choice(pool)
        line = f"{stamp}.500Z {server.step(second)}"
        prefix = stamp.encode()
        chunk = before.replace(STAMP, prefix) + line.encode() + after.replace(STAMP, prefix)
        yield chunk
        written += len(chunk)
        second += 1
    yield from _drained(server, second)


def dense(size: int, seed: int = 1, leaks: int = 0) -> Iterator[bytes]:
    """About `size` bytes of an application's log, every line relevant, a second at a time."""
    server = Server(random.Random(seed), leaks)
    step = 1000 // LINES_PER_SECOND
    written = second = 0
    while written < size:
        stamp = _iso(second)
        lines = (
            f"{stamp}.{ms:03d}Z {server.step(second + ms / 1000)}" for ms in range(0, 1000, step)
        )
        chunk = "".join(lines).encode()
        yield chunk
        written += len(chunk)
        second += 1
    yield from _drained(server, second)


def access(size: int, seed: int = 1, leaks: int = 0) -> Iterator[bytes]:
    """About `size` bytes of nginx's combined format. `leaks` has no meaning: 101 is the end."""
    dice = random.Random(seed)
    pool = ["".join(_requests(dice)).encode() for _ in range(POOL)]
    written = second = 0
    while written < size:
        stamp = f"{START + timedelta(seconds=second):%d/%b/%Y:%H:%M:%S} +0000"
        chunk = dice.choice(pool).replace(STAMP, stamp.encode())
        yield chunk
        written += len(chunk)
        second += 1


KINDS: dict[str, Callable[[int, int, int], Iterator[bytes]]] = {
    "sparse": sparse,
    "dense": dense,
    "access": access,
}


def corpus(kind: str, megabytes: int, seed: int = 1, leaks: int = 0) -> Path:
    """The corpus as a file in benchmarks/corpora; written only if it is not there yet."""
    variant = (f"-seed{seed}" if seed != 1 else "") + (f"-leaks{leaks}" if leaks else "")
    path = FOLDER / f"{kind}-{megabytes}M{variant}.log"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb", buffering=MB) as file:
            file.writelines(KINDS[kind](megabytes * MB, seed, leaks))
        part.rename(path)
    return path


def head(path: Path, megabytes: int) -> Path:
    """The first `megabytes` of a corpus, in whole lines, as a file beside it."""
    if path.stat().st_size <= megabytes * MB:
        return path
    short = path.with_name(f"{path.stem}-first{megabytes}M.log")
    if not short.exists():
        part = short.with_suffix(".part")
        with path.open("rb") as lines, part.open("wb") as file:
            # Line by line, since a child's peak memory is never shown below its parent's.
            while file.tell() < megabytes * MB:
                file.writelines(itertools.islice(lines, 1000))
        part.rename(short)
    return short


def _iso(second: int) -> str:
    return f"{START + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S}"


def _drained(server: Server, second: int) -> Iterator[bytes]:
    for number, line in enumerate(server.drain()):
        yield f"{_iso(second + number // 1000)}.{number % 1000:03d}Z {line}".encode()


def _noisy_second(dice: random.Random) -> tuple[bytes, bytes]:
    """A second of irrelevant lines, without its stamp, to put a line between at 500 ms."""
    step = 1000 // LINES_PER_SECOND
    lines = [f"\0.{ms:03d}Z {_noise(dice)}\n".encode() for ms in range(0, 1000, step) if ms != 500]
    half = LINES_PER_SECOND // 2
    return b"".join(lines[:half]), b"".join(lines[half:])


def _noise(dice: random.Random) -> str:
    """An irrelevant message that makes its line, with its timestamp of 25 bytes, 60 to 300.

    Some look like the relevant ones at first sight, as in any real log: requests that were
    answered, and connections of other kinds.
    """
    word, number = dice.choice(WORDS), dice.getrandbits(24)
    level = dice.choice(("info", "info", "debug", "warn"))
    text = dice.choice((
        f"{level}: {word}",
        f"{level}: {word} {number} done",
        f"info: GET /api/{word}s/{number} 200 {number % 900}.{number % 97:02d} ms",
        f"debug: Database connection {number % 20} taken from the pool for {word}",
    ))  # fmt: skip
    length = dice.randint(35, 233)
    while len(text) < length:
        text += f" {dice.choice(WORDS)}={dice.getrandbits(24)}"
    return text


def _requests(dice: random.Random) -> Iterator[str]:
    for number in range(LINES_PER_SECOND):
        client = f"{dice.choice(('192.0.2', '198.51.100', '203.0.113'))}.{dice.randint(1, 254)}"
        path, status = f"/api/{dice.choice(WORDS)}s/{dice.getrandbits(20)}", 200
        if number == 33:
            path, status = "/ws", 101
        elif number == 66:
            status = 401
        yield (
            f'{client} - - [\0] "GET {path} HTTP/1.1" {status} {dice.randint(100, 50_000)} '
            f'"https://app.example.org/{dice.choice(WORDS)}" "{dice.choice(AGENTS)}"\n'
        )


def main() -> None:
    """Write one corpus and print its path."""
    parser = argparse.ArgumentParser(description="Write a log to measure with.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("megabytes", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leaks", type=int, default=0, help="connections that never close")
    options = parser.parse_args()
    path = corpus(options.kind, options.megabytes, options.seed, options.leaks)
    print(os.path.relpath(path))


if __name__ == "__main__":
    main()
