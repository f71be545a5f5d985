from __future__ import annotations

from pathlib import Path

import pytest

from logdiag.model import SECOND, Changes, Connection, Source, Transition
from logdiag.timeline import Batch, Reader, Writer, population

MANY = 3 * population.MOST
MINUTE = 60


def life(number: int) -> Connection:
    """One opens each second and lives a minute; each hundredth lives on, each tenth for an hour."""
    lives = None if number % 100 == 0 else 60 * MINUTE if number % 10 == 0 else MINUTE
    address, closed = f"10.0.0.{number % 7}", (number + lives) * SECOND if lives else None
    return Connection(
        number, f"c{number:05}", "id", "closed" if lives else "open", client=address, path="/ws",
        opened_at=number * SECOND, closed_at=closed, client_key=f"address {address}",
    )  # fmt: skip


LIVES = [life(number) for number in range(1, MANY + 1)]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Thrice as many connections as are told one by one."""
    return filled(tmp_path_factory.mktemp("db") / "timeline.db", [LIVES])


def filled(path: Path, archives: list[list[Connection]]) -> Reader:
    """A timeline into which archives were read one after the other."""
    number, live = 0, 0
    with Writer.open(path) as writer:
        source: Source = writer.register("app", "app.log")
        for archive in archives:
            lives = [one._replace(number=number + nth) for nth, one in enumerate(archive, 1)]
            number += len(lives)
            steps = sorted(
                [(one.opened_at or 0, 1, one.number) for one in lives]
                + [(one.closed_at, -1, one.number) for one in lives if one.closed_at]
            )
            told = []
            for time, change, which in steps:
                live += change
                state = "open" if change > 0 else "closed"
                told.append(Transition(which, state, time, 1, which, live))
            writer.commit(Batch(changes={source.service: Changes(lives, told)}))
    return Reader.open(path)


def there(begin: int, end: int) -> set[int]:
    """The numbers of those that were there in [begin, end), seconds; from all of them."""
    return {
        one.number for one in LIVES
        if (one.opened_at or 0) < end * SECOND
        and (one.closed_at is None or one.closed_at >= begin * SECOND)
    }  # fmt: skip


@pytest.mark.parametrize("begin", [1, 100, 4_000, MANY - 500])
def test_a_window_that_is_small_enough_is_told_wholly(reader: Reader, begin: int) -> None:
    """Those that opened in it, those that still lived then, and no others."""
    found = population.during(reader, "app", begin * SECOND, (begin + 300) * SECOND)
    assert (False, there(begin, begin + 300)) == (
        found.sampled, {one.number for one in found.members}
    )  # fmt: skip


def test_of_a_large_window_some_are_told_and_the_oldest_living(reader: Reader) -> None:
    """The sample is spread over the window, and says that it is one."""
    found = population.during(reader, "app", 0, 2 * MANY * SECOND)
    numbers = {one.number for one in found.members}
    living = [one.number for one in LIVES if one.closed_at is None]
    assert (True, MANY) == (found.sampled, found.total)
    assert set(living[: population.SAMPLE]) <= numbers
    assert population.SAMPLE <= len(numbers) <= 2 * population.SAMPLE
    assert max(numbers) - min(numbers) > MANY - MANY // population.SAMPLE * 2


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """The same, as if three archives had been read: the last one first, the first one last."""
    third = MANY // 3
    archives = [LIVES[2 * third :], LIVES[third : 2 * third], LIVES[:third]]
    return filled(tmp_path_factory.mktemp("db") / "timeline.db", archives)


@pytest.mark.parametrize("begin", [1, 100, MANY // 3 - 150, 4_000, 2 * MANY // 3 + 50, MANY - 500])
def test_archives_may_be_read_in_any_order(shuffled: Reader, begin: int) -> None:
    """A window finds those that were there, be they numbered as they are."""
    found = population.during(shuffled, "app", begin * SECOND, (begin + 300) * SECOND)
    names = {f"c{number:05}" for number in there(begin, begin + 300)}
    assert names == {one.name for one in found.members}


def test_in_a_window_without_openings_live_those_from_before(reader: Reader) -> None:
    """After the last of them, and before the first, where there is nobody."""
    late = (MANY + 30 * MINUTE) * SECOND
    found = population.during(reader, "app", late, late + SECOND)
    assert there(MANY + 30 * MINUTE, MANY + 30 * MINUTE + 1) == {
        one.number for one in found.members
    }
    assert [] == population.during(reader, "app", -9 * SECOND, 0).members


def test_neighbours_are_of_the_same_client(reader: Reader) -> None:
    """Only those around it are looked at."""
    found = population.near(reader, "app", 700, 140, "address 10.0.0.0")
    assert list(range(630, 771, 7)) == [one.number for one in found]


def test_of_nobody_nothing_is_known(reader: Reader) -> None:
    """A service that is not there has no connections."""
    assert (0, []) == (
        population.count(reader, "x"), population.during(reader, "x", 0, SECOND).members
    )  # fmt: skip
