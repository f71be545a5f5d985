"""The benchmark's logs are what they say: whole lifecycles, right totals, rising time."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import pytest

from benchmarks.corpora import KINDS, access, dense, sparse

SIZE = 3_000_000
OPENED = re.compile(rb"WebSocket connection ([0-9a-f]+) established\. Total: (\d+)$")
CLOSED = re.compile(rb"WebSocket connection ([0-9a-f]+) closed \(code \d+\)\. Total: (\d+)$")

RELEVANT = re.compile(rb"WebSocket connection|No authHeader")


def lines(kind: str, leaks: int = 0) -> list[bytes]:
    """The lines of a corpus of about three megabytes."""
    return b"".join(KINDS[kind](SIZE, 1, leaks)).splitlines()


@pytest.mark.parametrize("leaks", [0, 7])
@pytest.mark.parametrize("kind", ["sparse", "dense"])
def test_connections_open_and_close_with_the_right_total(kind: str, leaks: int) -> None:
    """No id opens twice or closes unopened, each total is right, and only leaks stay open."""
    live: set[bytes] = set()
    seen: set[bytes] = set()
    for line in lines(kind, leaks):
        if opened := OPENED.search(line):
            assert opened[1] not in seen
            seen.add(opened[1])
            live.add(opened[1])
        elif closed := CLOSED.search(line):
            live.remove(closed[1])
        if match := opened or closed if opened else CLOSED.search(line):
            assert len(live) == int(match[2])
    assert leaks == len(live)


@pytest.mark.parametrize("kind", ["sparse", "dense"])
def test_time_never_runs_backwards(kind: str) -> None:
    """Each line's timestamp is at least the one before."""
    stamps = [line[:24] for line in lines(kind)]
    assert sorted(stamps) == stamps


def test_sparse_is_one_percent_relevant_and_60_to_300_bytes() -> None:
    """One line in a hundred is the server's, and the others have the lengths that were promised."""
    noise = [line for line in lines("sparse") if not RELEVANT.search(line)]
    everything = lines("sparse")
    assert 0.01 == pytest.approx(1 - len(noise) / len(everything), rel=0.3)
    assert min(map(len, noise)) >= 59
    assert max(map(len, noise)) < 300


def test_access_is_the_combined_format_with_101_and_401() -> None:
    """Every line is nginx's combined format, and 1% each are upgrades and refusals."""
    shape = re.compile(rb'\S+ - - \[[^\]]+ \+0000\] "GET \S+ HTTP/1\.1" (\d+) \d+ "[^"]*" "[^"]*"')
    matches = [shape.fullmatch(line) for line in lines("access")]
    statuses = Counter(match[1] if match else None for match in matches)
    share = {status: round(100 * count / len(matches)) for status, count in statuses.items()}
    assert {b"200": 98, b"101": 1, b"401": 1} == share


@pytest.mark.parametrize("make", [sparse, dense, access])
def test_the_same_arguments_give_the_same_bytes(make: object) -> None:
    """A corpus can be made again elsewhere, byte for byte; another seed gives another one."""
    assert callable(make)
    first, second, other = (
        hashlib.sha256(b"".join(make(200_000, seed))).hexdigest() for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other
