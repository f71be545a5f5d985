from __future__ import annotations

import random
from itertools import pairwise

import pytest

from logdiag.faces.web.answers import bars
from logdiag.faces.web.answers.bars import MOST_BARS, MOST_ROWS, Bar, Life


def life(number: int, begin: int | None, end: int | None, state: str = "closed") -> Life:
    """A connection of that number and state."""
    return Life(number, f"c{number}", state, False, begin, end)


def drawn(lives: list[Life], begin: int = 0, end: int = 1000, step: int = 1) -> list[Bar]:
    """The bars in a window."""
    return bars.layout(lives, begin, end, step)


def test_bars_that_do_not_overlap_share_a_row() -> None:
    """The lowest row that is free; one that ends as another begins does not overlap it."""
    lives = [life(1, 0, 100), life(2, 50, 150), life(3, 100, 200), life(4, 300, None)]
    assert [(1, 0), (2, 1), (3, 0), (4, 0)] == [(bar.life.number, bar.row) for bar in drawn(lives)]
    assert 2 == bars.overlap(lives, 0, 1000)


def test_what_is_narrower_than_a_pixel_is_drawn_as_one_and_called_the_worst() -> None:
    """From the first's begin to the last's end, with their number."""
    lives = [life(1, 10, 12), life(2, 13, 14, "leaked"), life(3, 15, 17), life(4, 10, 500)]
    one, wide = sorted(drawn(lives, step=20), key=lambda bar: -bar.many)
    assert (3, 10, 17, "leaked") == (one.many, one.begin, one.end, one.life.state)
    assert (1, 4) == (wide.many, wide.life.number)


def test_an_end_that_is_not_known_reaches_the_windows_edge() -> None:
    """None stays None: whoever draws it says that it goes on."""
    (bar,) = drawn([life(1, None, None, "open")])
    assert (None, None) == (bar.begin, bar.end)
    assert 1 == bars.overlap([life(1, None, None)], 0, 1000)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_and_nothing_covers_anything(seed: int) -> None:
    """However many: all are in some bar, rows are few, and only the last row may be crowded."""
    chance = random.Random(seed)
    lives = []
    for number in range(chance.choice((5, 50, 2_000))):
        begin = chance.randrange(900)
        lives.append(life(number, begin, begin + chance.choice((1, 10, 300))))
    found = drawn(lives, step=3)
    assert len(lives) == sum(bar.many for bar in found)
    assert max(bar.row for bar in found) < MOST_ROWS
    for row in range(MOST_ROWS - 1):
        ends = [(bar.begin or 0, bar.end or 0) for bar in found if bar.row == row]
        assert all(after[0] >= before[1] for before, after in pairwise(ends))


def test_many_connections_are_few_bars() -> None:
    """Ten thousand short ones in a lane do not send ten thousand bars."""
    lives = [life(number, number, number + 5) for number in range(10_000)]
    assert len(drawn(lives, end=10_005, step=10)) <= 2 * MOST_BARS
