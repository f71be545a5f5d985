"""When a limit was first passed, and by which lines."""

from __future__ import annotations

import pytest

from logdiag.model import Changes, Source
from logdiag.timeline import Batch, Writer, statistics
from logdiag.timeline.statistics import Excess
from tests.timeline.builders import WIDTH, event, step
from tests.timeline.test_numbers import life, stored


@pytest.fixture
def filled(writer: Writer, source: Source) -> Writer:
    """Three of `user x` that overlap, two of `user y` that do not; the third of x stays."""
    lives = [life(1, 0, 9), life(2, 2, 8), life(3, 4, None)]
    lives += [life(4, 1, 3, client_key="user y"), life(5, 6, 7, client_key="user y")]
    stored(writer, source, lives)
    return writer


def lines(found: Excess | None) -> list[int]:
    """The numbers of the lines of the proof."""
    return [line.line for line in found.evidence] if found else []


@pytest.mark.parametrize(
    ("allowed", "live", "expected"),
    [(0, 1, [1]), (1, 2, [1, 2]), (2, 3, [1, 2, 3]), (3, 4, [1, 3, 5, 6]), (4, None, [])],
)
def test_the_first_step_over_a_limit_is_found(
    filled: Writer, allowed: int, live: int | None, expected: list[int]
) -> None:
    """With those that were live then; the last line is the one too many."""
    found = statistics.excess(filled.reader(), "app", allowed, most=9)
    assert (live, sorted(expected)) == (found and found.live, sorted(lines(found)))


@pytest.mark.parametrize(
    ("allowed", "held", "expected"), [(1, ("user x", 2), [1, 3]), (2, ("user x", 3), [1, 3, 5])]
)
def test_of_one_client_only_its_own_count(
    filled: Writer, allowed: int, held: tuple[str, int], expected: list[int]
) -> None:
    """Others that are live then are not in the proof."""
    found = statistics.client_excess(filled.reader(), "app", allowed, most=9)
    assert found is not None
    assert (*held, expected) == (found.client, found.live, lines(found))


def test_nobody_is_over_a_limit_that_was_kept(filled: Writer) -> None:
    """Then there is no proof."""
    assert statistics.client_excess(filled.reader(), "app", 3, most=9) is None
    assert statistics.unended(filled.reader(), "other", most=9) is None


def test_what_never_ended_is_found_newest_last_and_cut(writer: Writer, source: Source) -> None:
    """The newest lines are kept; all are counted; handshakes without an end count."""
    stored(writer, source, [life(n, n, None, state="connecting") for n in range(1, 7)])
    found = statistics.unended(writer.reader(), "app", most=2)
    assert found is not None
    assert (6, False, [5, 6]) == (found.live, found.reported, lines(found))


def test_the_servers_own_count_is_told(writer: Writer, source: Source) -> None:
    """A line with a total proves more than our count."""
    stored(writer, source, [life(1, 0, None), life(2, 1, None)])
    writer._connection.execute("UPDATE events SET total = 2 WHERE offset = ?", (WIDTH,))
    reader = writer.reader()
    first, second = (statistics.excess(reader, "app", allowed, most=9) for allowed in (0, 1))
    assert (False, True) == (first and first.reported, second and second.reported)
    writer.commit(Batch(events=[event(source, 50)]))
    left = statistics.unended(reader, "app", most=9)
    assert left is not None
    assert left.reported


@pytest.mark.parametrize(
    ("kind", "left"), [("server_stop", 2), ("server_start", 2), ("auth_failure", 0)]
)
def test_what_a_last_stop_ended_was_left(
    writer: Writer, source: Source, kind: str, left: int
) -> None:
    """Not what another process replaced: that is noticed by any line, when it is long gone."""
    stored(writer, source, [life(1, 0, None), life(2, 1, None)])
    ends = [step(source, 9, "superseded", 2 - n, connection=n) for n in (1, 2)]
    connections = [life(n, n, 9, state="superseded", opened_line=(source.id, 0)) for n in (1, 2)]
    changes = {"app": Changes(connections=connections, transitions=ends)}
    writer.commit(Batch(events=[event(source, 9, kind=kind)], changes=changes))
    found = statistics.unended(writer.reader(), "app", most=9)
    assert (left, left) == ((found.live, found.stopped) if found else (0, 0))
