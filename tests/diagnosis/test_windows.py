from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.windows import MAX_WINDOW, NEVER_ENDING, Seen, Window
from logdiag.model import SECOND, Event
from tests.diagnosis.builders import at


def window(*seconds: float | None, within: int = NEVER_ENDING) -> Window:
    """One event per line, at those seconds."""
    made = Window()
    for line, second in enumerate(seconds, 1):
        time = None if second is None else at(second)
        made.add(Seen(line, Event("error", time, 1, line * 100, line, "error")), within)
    return made


def lines(found: list[Seen]) -> list[int]:
    """The places of events in the log."""
    return [seen.ordinal for seen in found]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [((at(30), 9), [1, 2, 3]), ((at(29), 9), [1, 2]), ((at(31), 9), [2, 3]), ((at(61), 9), [])],
)
def test_both_ends_are_inside(moment: Moment, expected: list[int]) -> None:
    """Thirty seconds, exactly; what came after the moment is not there yet."""
    assert expected == lines(window(0, 10, 30).events(moment, 30 * SECOND, 40))


def test_lines_where_there_is_no_clock() -> None:
    """The last forty lines."""
    made = window(*[None] * 60)
    assert [*range(21, 61)] == lines(made.events((None, 60), 30 * SECOND, 40))


def test_a_late_line_stands_where_the_log_had_come() -> None:
    """It is counted with its neighbours, and hides none of them."""
    assert [2, 3, 4] == lines(window(0, 50, 20, 51).events((at(52), 9), 10 * SECOND, 40))


def test_it_is_bounded() -> None:
    """A storm leaves the latest ones."""
    made = window(*[0] * (5 * MAX_WINDOW))
    assert MAX_WINDOW <= len(made) <= 2 * MAX_WINDOW
    found = lines(made.events((at(1), 9), 30 * SECOND, 40))
    assert [*range(4 * MAX_WINDOW + 1, 5 * MAX_WINDOW + 1)] == found


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [((0, 10, 40), [2, 3]), ((0, 10, 30), [1, 2, 3]), ((None, None, None), [1, 2, 3])],
)
def test_what_nobody_counts_any_more_goes_when_the_next_comes(
    seconds: tuple[float | None, ...], expected: list[int]
) -> None:
    """What is thirty seconds older is still counted; without a clock nothing is too old."""
    assert expected == [seen.ordinal for seen in window(*seconds, within=30 * SECOND)]


def test_what_is_too_old_is_forgotten() -> None:
    """Only what no later window holds."""
    made = window(0, 10, 30)
    made.forget((at(40), 9), 30 * SECOND, 40)
    assert [2, 3] == lines(list(made))


@given(st.lists(st.integers(0, 100), max_size=8), st.integers(0, 100), st.integers(0, 120))
def test_restored_it_finds_the_same(seconds: list[int], cut: int, now: int) -> None:
    """Late lines, and those of before that are gone, included."""
    made = window(*seconds)
    made.forget((at(cut), 9), 10 * SECOND, 40)
    restored = Window.restored(json.loads(json.dumps(made.plain())))
    moment = (at(now), 9)
    assert made.events(moment, 10 * SECOND, 40) == restored.events(moment, 10 * SECOND, 40)
