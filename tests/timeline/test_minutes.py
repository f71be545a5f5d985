from __future__ import annotations

import random

import pytest

from logdiag.model import SECOND, Changes, Source, Transition
from logdiag.timeline import Batch, Reader, Writer, minutes, statistics
from logdiag.timeline.answers import Live, Totals
from logdiag.timeline.minutes import MINUTE
from tests.timeline import builders
from tests.timeline.builders import step

STATES = ("open", "closed", "rejected", "superseded", "unknown", "connecting")


@pytest.fixture(scope="module")
def steps() -> list[Transition]:
    """Two thousand steps in two hours around 1970 began, some of them a little late."""
    chance = random.Random(7)
    source, live, made = Source(1, "app", "app.log"), 0, []
    for number in range(2_000):
        state = chance.choice(STATES)
        live = max(0, live + (state == "open") - (state == "closed"))
        time = (number * 3_600 - 3_600_000) * SECOND // 1000 - chance.randrange(2) * SECOND
        made.append(step(source, number, state, live, time=time))
    return made


@pytest.fixture
def reader(writer: Writer, source: Source, steps: list[Transition]) -> Reader:
    """The steps, stored in many batches; a failed authentication with each tenth."""
    for begin in range(0, len(steps), 170):
        some = steps[begin : begin + 170]
        failed = [step.connection for step in some if step.connection % 10 == 0]
        events = [
            builders.event(source, number, "auth_failure", time=steps[number].time)
            for number in failed
        ]
        changes = Changes(transitions=some, auth_failures=[event.time for event in events])
        writer.commit(Batch(events=events, changes={"app": changes}))
    return writer.reader()


def plainly(steps: list[Transition], since: int | None, until: int | None) -> tuple[Totals, Live]:
    """The same, from the steps one by one."""
    within = [one for one in steps if _in(one, since, until)]
    counts = {
        name: sum(one.state == state for one in within) for name, state in minutes.COUNTED.items()
    }
    failed = sum(one.connection % 10 == 0 for one in within)
    before = [one.live for one in steps if since is not None and _in(one, None, since)]
    peak = max((one.live for one in within), default=0)
    peak_at = next((one.time for one in within if one.live == peak), None)
    if before and (before[-1] >= peak > 0 or before[-1] > peak):
        peak, peak_at = before[-1], since
    last = [one.live for one in steps if _in(one, None, until)]
    return Totals(**counts, auth_failures=failed), Live(last[-1] if last else 0, peak, peak_at)


def _in(one: Transition, since: int | None, until: int | None) -> bool:
    assert one.time is not None
    return (since is None or one.time >= since) and (until is None or one.time < until)


@pytest.mark.parametrize("seed", range(40))
def test_any_period_is_answered_as_if_by_reading_all(
    reader: Reader, steps: list[Transition], seed: int
) -> None:
    """Whole minutes from the roll-up and what is left at the edges make up the period."""
    chance = random.Random(seed)
    ends = sorted(chance.randrange(-70, 70) * MINUTE + chance.choice((0, 0, 7, 31)) * SECOND
                  for _ in range(2))  # fmt: skip
    since, until = (chance.choice((None, end)) for end in ends)
    expected = plainly(steps, since, until)
    actual = reader.totals("app", since, until), reader.live("app", since, until)
    assert expected[0] == actual[0]
    # steps that came late may have another order within the last minute
    assert expected[1][1:] == actual[1][1:]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("most", [60, 600])  # intervals of minutes, and of seconds
def test_the_flow_is_that_of_all_steps(
    reader: Reader, steps: list[Transition], seed: int, most: int
) -> None:
    """Interval by interval, as if every step were read."""
    chance = random.Random(seed)
    ends = sorted(chance.randrange(-3_600, 3_600) * SECOND for _ in range(2))
    since, until = (chance.choice((None, end)) for end in ends)
    flow = statistics.flow(reader, "app", since, until, most=most)
    parts: dict[int, list[Transition]] = {}
    for one in steps:
        # the flow ends with the service's last event; here only failed requests have any
        if one.time is not None and _in(one, since, until) and one.time < flow.points[-1].at:
            parts.setdefault(one.time // flow.width * flow.width, []).append(one)
    told = [
        (point.at, point.opened, point.closed, point.auth_failures, point.live)
        for point in flow.points if point.at in parts
    ]  # fmt: skip
    assert told == [
        (at, *(sum(one.state == state for one in some) for state in ("open", "closed")),
         sum(one.connection % 10 == 0 for one in some), some[-1].live)
        for at, some in sorted(parts.items())
    ]  # fmt: skip
    assert [max(one.live for one in some) for _, some in sorted(parts.items())] <= [
        point.peak for point in flow.points if point.at in parts
    ]  # fmt: skip


def test_a_period_within_one_minute(reader: Reader, steps: list[Transition]) -> None:
    """Both ends in one minute: its steps are looked at once."""
    since, until = 5 * MINUTE + 10 * SECOND, 5 * MINUTE + 50 * SECOND
    assert plainly(steps, since, until) == (
        reader.totals("app", since, until), reader.live("app", since, until)
    )  # fmt: skip


def test_minutes_hold_no_more_than_they_say(reader: Reader, steps: list[Transition]) -> None:
    """One row a minute, from its first step to its last."""
    rows = reader._rows("SELECT * FROM minutes ORDER BY minute")
    times = [one.time for one in steps if one.time is not None]
    assert sorted({time // MINUTE for time in times}) == [row["minute"] for row in rows]
    assert [len(steps), max(one.live for one in steps)] == [
        max(row["last_step"] for row in rows), max(row["high"] for row in rows)
    ]  # fmt: skip
