"""The connections that are live: a list in the order of their opening."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.live import Live
from tests.diagnosis.builders import life

STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=60)


@given(STEPS)
def test_it_holds_what_a_dict_would(steps: list[tuple[bool, int]]) -> None:
    """Whatever opens and ends, in whatever order."""
    live, expected = Live(), dict[int, Life]()
    for number, (ends, which) in enumerate(steps, 1):
        if not ends:
            expected[number] = life(number)
            live.add(expected[number])
        elif expected:
            live.remove(expected.pop(sorted(expected)[which % len(expected)]))
        assert (len(expected), [*expected.values()]) == (len(live), [*live])
        assert [*reversed(expected.values())] == [*reversed(live)]


def test_one_is_found_among_those_that_opened_since() -> None:
    """By its number, which need not be in the order of the opening."""
    live = Live()
    for number, line in ((2, 10), (1, 20), (3, 30)):
        live.add(life(number, opened_ordinal=line))
    found = [live.find(number, since) for number, since in ((1, 20), (3, 20), (2, 20), (2, 10))]
    assert [1, 3, None, 2] == [one and one.number for one in found]
