from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis import Merger
from logdiag.diagnosis.merge import LATENESS
from logdiag.model import SECOND, Event
from tests.diagnosis.builders import Log, at

Offsets = list[tuple[int, int]]


def merger(sources: int = 2) -> Merger:
    """A merger whose sources are parts of logs of their own: app, access, ..."""
    made = Merger()
    for source in range(1, sources + 1):
        made.add_source(source, (f"log{source}", source))
    return made


def names(events: Sequence[Event] | list[Event]) -> Offsets:
    """Which lines, as (source, line)."""
    return [(event.source, event.line) for event in events]


def logs(*times: Sequence[float | None]) -> list[list[Event]]:
    """One log per list of times."""
    made = []
    for place, some in enumerate(times):
        log = Log(source=place + 1)
        for seconds in some:
            log("opened", seconds)
        made.append(log.events)
    return made


def test_event_time_decides_between_sources() -> None:
    """Whatever is pushed first."""
    one, other = logs([0, 2, 4], [1, 3])
    made = merger()
    made.push(other)
    made.push(one)
    assert [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3)] == names(list(made.pop()))


def test_at_equal_times_the_logs_rank_decides() -> None:
    """And then the line: the order never depends on who came first."""
    one, other = logs([1, 1], [1])
    made = merger()
    made.push(other)
    made.push(one)
    assert [(1, 1), (1, 2), (2, 1)] == names(list(made.pop()))


def test_nothing_is_let_go_that_may_be_preceded() -> None:
    """What is younger than the bound waits for the other source."""
    one, other = logs([0, 10], [8.5])
    made = merger()
    made.push(one)
    assert at(10) - LATENESS == made.settled()
    assert [(1, 1)] == names(list(made.pop(made.settled())))
    made.push(other)
    assert [(2, 1), (1, 2)] == names(list(made.pop()))


def test_a_line_without_time_follows_the_one_before() -> None:
    """It goes with its own source's latest line."""
    one, other = logs([5, None, 6], [5.5])
    made = merger()
    made.push(one)
    made.push(other)
    assert [(1, 1), (1, 2), (2, 1), (1, 3)] == names(list(made.pop()))


def test_a_log_without_time_keeps_its_order() -> None:
    """There is nothing else to go by."""
    (one,) = logs([None] * 5)
    made = merger(1)
    made.push(one)
    assert [(1, line) for line in range(1, 6)] == names(list(made.pop()))


def test_a_little_backwards_is_two_threads() -> None:
    """The log's own order holds: line 2 is not put before line 1."""
    (one,) = logs([10, 9, 11])
    made = merger(1)
    made.push(one)
    assert [(1, 1), (1, 2), (1, 3)] == names(list(made.pop()))


def test_a_clock_that_was_set_back_goes_on_from_there() -> None:
    """An hour back: what follows merges with the others by the new clock."""
    one, other = logs([3600, 10, 30], [20])
    made = merger()
    made.push(one[:1])
    assert [(1, 1)] == names(list(made.pop()))
    made.push(one[1:])
    made.push(other)
    assert [(1, 2), (2, 1), (1, 3)] == names(list(made.pop()))
    assert at(30) == made.reached(1)


TIMES = st.lists(st.integers(0, 40), max_size=12).map(lambda some: [n / 4 for n in sorted(some)])


@given(TIMES, TIMES, TIMES, st.randoms(use_true_random=False), st.integers(0, 99))
def test_any_interleaving_within_the_bound_gives_one_order(
    one: list[float], two: list[float], three: list[float], random: Random, stop: int
) -> None:
    """Sources read side by side, in any pieces, stopped and restored: as if sorted at the end."""
    sources = logs(one, two, three)
    whole = merger(3)
    for events in sources:
        whole.push(events)
    expected = names(list(whole.pop()))

    made, got, queues = merger(3), [], [list(events) for events in sources]
    everything = {(e.source, e.offset): e for events in sources for e in events}
    for step in range(len(everything)):
        first = min(queue[0].time or 0 for queue in queues if queue)
        ready = [q for q in queues if q and (q[0].time or 0) < first + LATENESS]
        queue = random.choice(ready)
        made.push([queue.pop(0)])
        got += made.pop(made.settled())
        if step == stop:
            state = json.loads(json.dumps(made.snapshot()))
            made = Merger()
            made.restore(state, lambda source, offset: everything.get((source, offset)))
    assert expected == names([*got, *made.pop()])
    assert 0 == made.waiting


def test_an_event_that_the_timeline_lost_is_left_out() -> None:
    """Retention may have removed it; the others come back."""
    (one,) = logs([1, 2])
    made = merger(1)
    made.push(one)
    restored = Merger()
    restored.restore(made.snapshot(), lambda source, offset: one[1] if offset == 200 else None)
    assert [(1, 2)] == names(list(restored.pop()))
    assert at(2) == restored.reached(1)


def test_the_bound_can_be_set() -> None:
    """In ns."""
    made = Merger(5 * SECOND)
    made.add_source(1, ("a", 1))
    made.push(logs([10])[0])
    assert at(5) == made.settled()
