"""Live, batch and replay: however the lines of a service come in, the findings are the same.

A simulated service writes two logs. A line reaches its log within the lateness bound (2 s) of what
it tells, and lines of the two overtake each other.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from logdiag.diagnosis import Detector
from logdiag.engines.ruletests import POLICY
from logdiag.engines.sequence import LATENESS
from logdiag.engines.sequence import Sequence as Reorder
from logdiag.formats import Parser
from logdiag.model import SECOND, Block, Event, Position, Source
from logdiag.simulation import CASES, FORMATS, START, Simulation
from logdiag.simulation.noise import with_remarks
from tests.diagnosis.builders import Told, stopped
from tests.engines.running import FORMATS as PACKS
from tests.engines.running import RULES, Watch, append, dump, ingested

LOGS = ("access.log", "app.log")
DEEDS = ("nothing", "ask", "ask for the end", "stop", "stop and end")
LOOKS = 0.05  # of the lines, after which the watch looks
MINUTES = 20  # the settle time many times over, and short enough for many examples
CLIENTS = 8
NOISE = 0.2
# D7 takes days, D10 forty closes; the others show what they are about in so short a time.
PLAYED = sorted({*CASES} - {"D7", "D6", "D10", "growth", "dashboard"})
# Those whose lines all have a time: what has none stands where it was read.
TIMED = ("node-ws", "node-json", "seed-clock", "uvicorn")
_ACCESS = re.compile(r"HTTP/1\.1|request completed|authHeader")
_WHOLE_SECONDS = re.compile(r"\[\d\d/\w{3}/\d{4}:")  # it tells up to 1 s less than it is


class Written(NamedTuple):
    """A line, the log it is written to, and when it is there: ns since 1970."""

    arrived: int
    log: str
    data: bytes


PLAY = st.fixed_dictionaries(
    {
        "case": st.sampled_from(PLAYED),
        "how": st.sampled_from(TIMED),
        "seed": st.integers(1, 10_000),
    }
)


@cache
def lines(case: str, how: str, seed: int) -> list[tuple[int, str, bytes]]:
    """What the service writes, in the order in which it happened: time (ns), log, line."""
    played = Simulation(CASES[case], seed=seed, duration=MINUTES * 60, clients=CLIENTS)
    happenings = with_remarks(played.play(), NOISE, random.Random(seed))
    return [
        (round((START + timedelta(seconds=one.time)).timestamp() * SECOND), *_filed(line))
        for one in happenings
        if one.kind != "gap"
        for line in FORMATS[how].lines(one, START + timedelta(seconds=one.time))
    ]


def _filed(line: str) -> tuple[str, bytes]:
    return "access.log" if _ACCESS.search(line) else "app.log", f"{line}\n".encode()


def shuffled(written: Sequence[tuple[int, str, bytes]], dice: random.Random) -> list[Written]:
    """Each line is late by less than the bound; a log keeps its own order."""
    latest: dict[str, int] = {}
    arrivals = []
    for time, log, data in written:
        bound = LATENESS - (SECOND if _WHOLE_SECONDS.search(data.decode()) else 0)
        latest[log] = max(time + dice.randrange(bound), latest.get(log, 0))
        arrivals.append(Written(latest[log], log, data))
    return sorted(arrivals, key=attrgetter("arrived"))


def parsed(arrivals: Sequence[Written]) -> Iterator[tuple[int, str, list[Event]]]:
    """What each line tells, as it comes in: source, log, events."""
    sources = {name: Source(place, "app", name) for place, name in enumerate(LOGS, 1)}
    parsers = {name: Parser(PACKS, POLICY) for name in LOGS}
    offsets = dict.fromkeys(LOGS, 0)
    for _, log, data in arrivals:
        offset = offsets[log]
        offsets[log] += len(data)
        block = Block(sources[log], offset, data, Position(offset=offsets[log]))
        yield sources[log].id, log, parsers[log].parse(block)


def judged(arrivals: Sequence[Written], deeds: Iterator[str] | None = None) -> dict[str, Any]:
    """What a detector tells that is asked, or stopped, after some lines; None: only at the end."""
    made, detector, told = Reorder(), Detector("app", RULES), Told()
    for source, log, events in parsed(arrivals):
        made.push(source, log, events)
        if deeds is None:
            continue
        for event in made.pop(made.latest - LATENESS):
            detector.on_event(event)
        if (deed := next(deeds)) != "nothing":
            told.take(detector.drain(ended="end" in deed))
        if "stop" in deed:
            detector = stopped(detector, told, RULES)
    for event in made.pop():
        detector.on_event(event)
    told.take(detector.drain(ended=True))
    return {
        "findings": {key: asdict(one) for key, one in told.findings.items()},
        "connections": {number: one._asdict() for number, one in told.connections.items()},
        "transitions": told.transitions,
        "echoes": told.echoes,
    }


@cache
def at_once(case: str, how: str, seed: int) -> dict[str, Any]:
    """What comes of the whole logs, one after the other."""
    written = sorted((Written(*one) for one in lines(case, how, seed)), key=attrgetter("log"))
    return judged(written)


def deeds(dice: random.Random) -> Iterator[str]:
    """What is done after each line: mostly nothing."""
    while True:
        yield dice.choices(DEEDS, (300, 3, 3, 1, 1))[0]


@settings(max_examples=40)
@given(play=PLAY, dice=st.integers())
def test_replayed_in_any_order(play: dict[str, Any], dice: int) -> None:
    """Lines that overtake each other within the bound, with stops in between: the same is told."""
    rolled = random.Random(dice)
    expected = at_once(**play)
    assert expected == judged(shuffled(lines(**play), rolled), deeds(rolled))


@settings(max_examples=12)
@given(play=PLAY, dice=st.integers())
@example({"case": "D4", "how": "uvicorn", "seed": 1078}, 0)  # a silence at the end
def test_live_is_batch(play: dict[str, Any], dice: int) -> None:
    """A watch that looks while the lines come in, and is killed and stopped, and one `ingest`.

    Its clock stands still once no line tells an event any more: what a silence at the end resolves
    the log alone leaves firing.
    """
    rolled = random.Random(dice)
    arrivals = shuffled(lines(**play), rolled)
    last = max(place for place, (*_, events) in enumerate(parsed(arrivals)) if events)
    with tempfile.TemporaryDirectory() as home:
        logs = Path(home) / "app"
        logs.mkdir()
        watch = Watch([logs], Path(home) / "live.db")
        watch.clock = round(START.timestamp()) * SECOND
        for place, (arrived, log, data) in enumerate(arrivals):
            if place <= last:
                _wait(watch, arrived, rolled)
            append(logs / log, data)
        watch.step(0.1).stop()
        assert ingested(Path(home) / "batch.db", logs) == dump(watch.db)


def _wait(watch: Watch, until: int, dice: random.Random) -> None:
    """Look now and then, as the wall clock goes on; often where nothing happens."""
    silence = until - watch.clock > LATENESS
    if not silence and dice.random() > LOOKS:
        watch.clock = max(until, watch.clock)
        return
    watch.step(0)
    while until - watch.clock > LATENESS:
        watch.step(dice.uniform(1, max(2, (until - watch.clock) / SECOND / 2)))
    deed = dice.choices(DEEDS, (30, 0, 0, 1, 1))[0]
    if "stop" in deed:
        watch.stop() if "end" in deed else watch.kill()
        watch.start()
    watch.clock = max(until, watch.clock)
