"""Standard input."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from logdiag.tailing.stream import StreamReader
from tests.tailing.following import Follower


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe."""
    ends = os.pipe()
    yield ends
    os.close(ends[0])


def test_stream(pipe: tuple[int, int]) -> None:
    """Lines come as they are complete; at the end the unterminated one, too."""
    follower = Follower("-", stdin=pipe[0])
    [reader] = follower.sweep().tailer.readers() or [None]
    assert isinstance(reader, StreamReader)
    os.write(pipe[1], b"one\ntw")
    assert reader.wait(10)
    follower.sweep()
    assert [b"one"] == follower.lines()
    os.write(pipe[1], b"o\nthree")
    os.close(pipe[1])
    while not reader.done:
        assert reader.wait(10)
        follower.sweep()
    assert [b"one", b"two", b"three"] == follower.lines()
    assert [(13, True)] == [(p.offset, p.ended) for p in follower.positions.values()]


def test_one_shot_waits_for_the_end(pipe: tuple[int, int]) -> None:
    """Read once, a stream is read to its end."""
    os.write(pipe[1], b"one\ntwo")
    os.close(pipe[1])
    follower = Follower("-", stdin=pipe[0], final=True).sweep()
    assert [b"one", b"two"] == follower.lines()
    assert [True] == [reader.done for reader in follower.tailer.readers()]
