"""Compressed logs, whole, in parts, and damaged."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tests.tailing.following import Follower, append

TEXT = b"".join(b"line %d of the archive, and %d more\n" % (n, n * n) for n in range(60_000))
CODECS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}


def ingest(path: Path) -> Follower:
    """Read once, archives too."""
    return Follower(path, archives=True, final=True).sweep()


@pytest.mark.parametrize("kind", CODECS)
def test_parts(tmp_path: Path, kind: str) -> None:
    """Several members, streams or frames in one file are one text; its end needs no newline."""
    compress, half = CODECS[kind], len(TEXT) // 2
    path = tmp_path / f"app.log.{kind}"
    path.write_bytes(compress(TEXT[:half]) + compress(TEXT[half:]) + compress(b"last"))
    follower = ingest(tmp_path)
    assert TEXT + b"last" == b"".join(block.data for block in follower.blocks)
    assert [True] == follower.ended()
    assert [(True, True, path.stat().st_size)] == [
        (reader.done, reader.compressed, reader.consumed) for reader in follower.tailer.readers()
    ]


@pytest.mark.parametrize("kind", CODECS)
def test_cut(tmp_path: Path, kind: str) -> None:
    """Of a cut archive every whole line comes, then a gap and a notice; the rest goes on."""
    data = CODECS[kind](TEXT)
    (tmp_path / f"a.log.{kind}").write_bytes(data[: len(data) * 3 // 4])
    append(tmp_path / "b.log", "b\n")
    follower = ingest(tmp_path)
    read = b"".join(block.data for block in follower.blocks if block.source.path != "b.log")
    assert len(TEXT) // 3 < len(read)
    assert TEXT[: len(read)] == read
    assert read.endswith(b"\n")
    assert [b"b"] == follower.lines("b.log")
    assert ["the archive cannot be read on: it ends too early"] == [g.reason for g in follower.gaps]
    follower.sweep(2)
    assert [str(tmp_path / f"a.log.{kind}")] == [notice.path for notice in follower.notices]


@pytest.mark.parametrize("kind", ["bz2", "zst"])
def test_damaged(tmp_path: Path, kind: str) -> None:
    """All blocks before a damaged one come out, byte for byte.

    What bzip2 makes of the damaged block itself is out before its checksum is known to be wrong.
    """
    data = bytearray(CODECS[kind](TEXT))
    data[len(data) * 3 // 4] ^= 0xFF
    (tmp_path / f"a.log.{kind}").write_bytes(data)
    follower = ingest(tmp_path)
    read = b"".join(block.data for block in follower.blocks)
    assert TEXT[: len(TEXT) // 3] == read[: len(TEXT) // 3]
    assert read.endswith(b"\n")
    assert 1 == len(follower.gaps)


@pytest.mark.parametrize("kind", CODECS)
def test_stopped_and_resumed(tmp_path: Path, kind: str) -> None:
    """Stopped anywhere, an archive goes on where it was; read, it is not read again."""
    (tmp_path / f"a.log.{kind}").write_bytes(CODECS[kind](TEXT))
    follower = Follower(tmp_path, archives=True)
    for _ in range(3):
        follower.look()
        follower.read(2)
        follower.restart()
    follower.sweep()
    follower.restart()
    follower.sweep()
    assert TEXT == b"".join(block.data for block in follower.blocks)
    assert 1 == len(follower.sources)


def test_following_leaves_archives_alone(tmp_path: Path) -> None:
    """Archives that are nobody's rest are not read when following."""
    (tmp_path / "old.log.1.gz").write_bytes(gzip.compress(TEXT))
    append(tmp_path / "app.log", "one\n")
    assert [b"one"] == Follower(tmp_path).settle().lines()


def test_beside_its_original(tmp_path: Path) -> None:
    """What gzip -k leaves is read once."""
    append(tmp_path / "app.log.1", "one\n")
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(b"one\n"))
    assert [b"one"] == ingest(tmp_path).lines()


def test_giant_line(tmp_path: Path) -> None:
    """A line of 64 MB in an archive is cut, and never held."""
    with gzip.open(tmp_path / "a.log.gz", "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(b"x" * (1 << 20))
        file.write(b"\nlast\n")
    follower = ingest(tmp_path)
    assert [1 << 20, 4] == [len(line) for line in follower.lines()]
    assert 63 << 20 == follower.positions[1].missed
