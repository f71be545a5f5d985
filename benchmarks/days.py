"""Random days beside the gate: what alarms nobody had in mind, and what leaks stay unseen?

    python -m benchmarks.days healthy --seed 100 --days 50 --jobs 2
    python -m benchmarks.days leaky --seed 100 --days 50 --causes D1 D3 --wild 0.5

The gate's cases each have one thing that is out of the ordinary. A day here has several at once:
each part of it is drawn anew, with the share `--wild` of the parts from a wide range. A healthy
day must alarm nobody; a leaky one has one root cause beside, of one client up to all of them.

Day number N is that of `--seed N --days 1`: alone, or among others. `--keep DIR` writes the logs
of the days that alarmed or were missed.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import gate
from logdiag.model import Finding
from logdiag.simulation import CASES, FORMATS, Case, Simulation, parts, write
from logdiag.simulation.browser import App
from logdiag.simulation.cases import DAY, HOUR, MINUTE
from logdiag.simulation.people import Habits
from logdiag.simulation.scene import Scene, deploys, guessers, herds, outages, robots
from logdiag.simulation.server import Operation

CAUSES = ("D1", "D2", "D3", "D4", "D4-quiet", "D4b", "D5", "D6", "D7", "D8", "D9")
LENGTHS = {"D6": (2 * HOUR, 5 * HOUR), "D7": (3 * DAY, 4 * DAY)}  # of days that need longer
LENGTH = (20 * MINUTE, 120 * MINUTE)
CLIENTS = {"D4-quiet": (1, 6), "D6": (3, 20), "D7": (3, 20)}
WILD = 0.25
INCIDENTS = (deploys, herds, outages, guessers)
ENDING = (deploys, herds)  # everybody's connections: nothing grows old beside them
NOTED = frozenset({"half-open-noticed", "overlap-drained", "timeout-cliff", "unanswered-handshake"})


@dataclass(frozen=True, slots=True)
class Group:
    """Some clients that have an application and habits in common, and perhaps an address."""

    number: int
    app: App
    habits: Habits
    address: str | None = None


@dataclass(frozen=True)
class Day(Case):
    """A case of several groups of people."""

    groups: tuple[Group, ...] = ()
    incidents: tuple[Callable[[Scene], None], ...] = ()
    noise: float = gate.NOISE

    def begin(self, scene: Scene, clients: int) -> None:
        """Put all groups in place, and what else happens."""
        for group in self.groups:
            scene.people(group.number, group.app, group.habits, self.within, group.address)
        for happen in (robots, *self.incidents):
            happen(scene)

    def __str__(self) -> str:
        """What it is made of, as far as that is not the default."""
        told = [f"{self.duration / MINUTE:.0f} min, all within {self.within / MINUTE:.0f}"]
        told += [incident.__name__ for incident in self.incidents]
        told += [f"lost={self.lost:g}"] * bool(self.lost)
        told += [text for text in [_other(self.operation, Operation())] if text]
        for one in self.groups:
            where = f" behind {one.address}" if one.address else ""
            what = " ".join(filter(None, [_other(one.app, App()), _other(one.habits, Habits())]))
            told.append(f"{one.number} clients{where}: {what}")
        return f"{self.name} {self.format}, " + "\n    ".join(told)


def _other(one: App | Habits | Operation, usual: App | Habits | Operation) -> str:
    values = ((field.name, getattr(one, field.name)) for field in fields(one))
    told = [(name, value) for name, value in values if value != getattr(usual, name)]
    return " ".join(f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}" for k, v in told)


class Dice:
    """What a day is drawn with. `wild` is the share of its parts that are out of the ordinary."""

    def __init__(self, seed: int, wild: float) -> None:
        self.random = random.Random(f"day {seed}")
        self.wild = wild

    def odd(self, rarity: float = 1.0) -> bool:
        """Whether this part is out of the ordinary."""
        return self.random.random() < self.wild / rarity

    def time(self, low: float, high: float) -> float:
        """Some time in the range; as many below its geometric middle as above."""
        return float(f"{math.exp(self.random.uniform(math.log(low), math.log(high))):.2g}")

    def share(self, high: float = 1.0) -> float:
        """Up to so much."""
        return round(self.random.uniform(0, high), 2)

    def habits(self) -> Habits:
        """What people do who may have many tabs, bad networks, laptops that sleep, no patience."""
        tabs = self.random.randint(2, 6) if self.odd() else 1
        return Habits(
            stay=self.time(6, 2 * HOUR) if self.odd() else self.time(60, 400),
            elsewhere=self.time(1, 300) if self.odd() else self.time(8, 40),
            away=self.time(15, 3000) if self.odd() else self.time(200, 800),
            pages=(1, self.random.randint(1, 12) if self.odd() else self.random.randint(1, 5)),
            tabs=tabs, opens=self.time(2, 300) if tabs > 1 else 8.0,
            shuts=self.share() if tabs > 1 and self.odd() else 0.0,
            reads=self.time(10, 60), token=self.time(200, 3600),
            hasty=self.share(0.5) if self.odd() else 0.0,
            uploads=self.share() if self.odd() else 0.2,
            drops=self.time(60, 1500) if self.odd() else None,
            resets=self.time(100, 4000) if self.odd() else 1800.0,
            wakes=self.time(60, 900) if self.odd() else None,
            sleeps=self.time(200, 3000) if self.odd(2) else None,
        )  # fmt: skip

    def app(self) -> App:
        """An application without mistakes, which may hold several connections on purpose."""
        refreshes = not self.odd(2)
        return App(
            providers=self.random.randint(2, 3) if self.odd(2) else 1,
            standing=self.random.randint(1, 4) if self.odd(2) else 0,
            waits_for_token=not self.odd(2), strict=self.odd(2), refreshes=refreshes,
            overlap=self.time(0.2, 10) if self.odd(2) else 0.0,
        )  # fmt: skip

    def operation(self) -> Operation:
        """A server that notices who is gone within 100 s at most."""
        slow = self.odd()
        return Operation(
            heartbeat=self.time(10, 50) if slow else 25.0,
            patience=self.time(5, 50) if slow else 20.0,
            handshake=self.time(0.02, 1.5) if self.odd() else 0.05,
            cut=self.time(50, 300) if self.odd(4) else None,
        )

    def groups(self, clients: int, app: App) -> tuple[Group, ...]:
        """So many clients in up to four groups, most with that application."""
        kinds = min(clients, self.random.randint(1, 4))
        ends = [*sorted(self.random.sample(range(1, clients), kinds - 1)), clients]
        sizes = [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
        return tuple(
            Group(size, app if self.random.random() < 0.7 else App(), self.habits(),
                  f"198.51.100.{77 + number}" if self.odd() else None)
            for number, size in enumerate(sizes)
        )  # fmt: skip


def healthy(seed: int, wild: float) -> Day:
    """A day on which nothing is wrong."""
    return _day(Case("healthy", "a random day"), Dice(seed, wild))


def leaky(seed: int, wild: float, causes: Sequence[str] = CAUSES) -> Day:
    """A day with one root cause, of one client to all of them, in a format that can show it."""
    dice = Dice(seed, wild)
    case = CASES[causes[seed % len(causes)]]
    day = _day(case, dice)
    if case.share == (0.0, 0.0):  # the server's own
        return day
    number = dice.random.choice([1, dice.random.randint(1, day.clients), day.clients])
    leaks = dice.random.randint(2, 3) if case.app.cleanup == "never" and dice.odd() else 1
    app = replace(
        case.app, providers=leaks, timers=case.app.timers + (case.app.timers > 1 and dice.odd()),
        standing=day.groups[0].app.standing,
    ) if case.app.forgets else case.app  # fmt: skip
    habits = replace(
        case.habits, stay=case.habits.stay * dice.time(0.5, 2), away=case.habits.away *
        dice.time(0.5, 2), tabs=dice.random.randint(2, 4) if dice.odd() else 1,
    )  # fmt: skip
    address = "198.51.100.200" if dice.odd() else None
    others = dice.groups(day.clients - number, day.groups[0].app) if number < day.clients else ()
    return replace(day, groups=(Group(number, app, habits, address), *others))


def _day(case: Case, dice: Dice) -> Day:
    """A day around a case: all but its people's mistakes."""
    length = dice.time(*LENGTHS.get(case.name, LENGTH))
    clients = round(dice.time(*CLIENTS.get(case.name, (3, 60))))
    operation = dice.operation()
    if case.operation != Operation():
        operation = case.operation
    incidents = tuple(
        one for one in INCIDENTS
        if dice.odd(2) and not (case.name in LENGTHS and one in ENDING)
    )  # fmt: skip
    telling = [name for name, how in FORMATS.items() if case.expected(how.tells) != "cannot_tell"]
    return Day(
        case.name, case.title, case.shows, case.also | NOTED, case.app, operation=operation,
        duration=length, clients=clients, least=case.least, incidents=incidents,
        within=length * dice.share(0.9), lost=dice.time(60, 900) if dice.odd(2) else 0.0,
        format=dice.random.choice(telling), noise=dice.share(0.6),
        groups=dice.groups(clients, dice.app()),
    )  # fmt: skip


class Judged(NamedTuple):
    """What came of a day."""

    seed: int
    day: Day
    expected: str  # see `Truth.expected`
    findings: list[Finding]

    @property
    def alarms(self) -> list[Finding]:
        """What would wake somebody, and is not true."""
        true = gate.true(self.day, self.day.format, self.expected)
        return [one for one in self.findings if one.level != gate.QUIET and one.rule not in true]

    @property
    def outcome(self) -> str:
        """Whether its leak was found, missed, or nothing leaked that this log can show."""
        if self.expected in gate.NOTHING:
            return "unprovable"
        missed = gate.missed(self.day, self.expected, gate.worth(self.findings))
        return "missed" if missed else "found"

    def told(self) -> Iterator[str]:
        """What is told of a day that went wrong."""
        if self.outcome == "missed":
            yield f"day {self.seed}: missed {self.expected}"
        for one in self.alarms:
            who = ", ".join(f"{name} {value}" for name, value in one.group.items())
            yield f"day {self.seed}: {one.rule}, {one.level}, {who} (known by {one.known_by})"
        yield f"    {self.day}"


def judge(seed: int, draw: Callable[[int], Day], keep: Path | None = None) -> Judged:
    """Play the day of that number, and judge its log."""
    day = draw(seed)
    played = Simulation(day, seed=seed)
    happenings = list(played.play())
    findings = gate.hear(happenings, day.format, seed, day.noise)
    judged = Judged(seed, day, played.truth(FORMATS[day.format]).expected, findings)
    if keep is not None and (judged.alarms or judged.outcome == "missed"):
        log = parts(write(happenings, FORMATS[day.format], noise=day.noise, seed=seed))
        (keep / f"{seed}.log").write_text("".join(log), encoding="utf-8")
    return judged


def report(days: Sequence[Judged]) -> Iterator[str]:
    """What went wrong, day by day, and how often in all."""
    bad = [one for one in days if one.alarms or one.outcome == "missed"]
    yield from (line for one in bad for line in one.told())
    for case in sorted({one.day.name for one in days} - {"healthy"}):
        outcomes = Counter(one.outcome for one in days if one.day.name == case)
        found, missed, unprovable = (outcomes[x] for x in ("found", "missed", "unprovable"))
        yield f"{case:9}{found:5} found{missed:5} missed{unprovable:5} unprovable"
    yield f"{sum(bool(one.alarms) for one in days)} of {len(days)} days alarmed without cause"
    rules = Counter((a, k) for one in days for a, k in {(a.rule, a.known_by) for a in one.alarms})
    for (rule, key), number in rules.most_common():
        yield f"{number:5}  {rule}, clients known by {key}"


def main() -> int:
    """Run it from the command line. Returns the exit code: 1 where a day went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["healthy", "leaky"])
    parser.add_argument("--seed", type=int, required=True, help="the number of the first day")
    parser.add_argument("--days", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--wild", type=float, default=WILD, help="how odd they are, 0 to 1")
    parser.add_argument("--causes", nargs="+", choices=CAUSES, default=CAUSES, metavar="CAUSE")
    parser.add_argument("--keep", type=Path, help="a directory for the logs of bad days")
    asked = parser.parse_args()
    draw = partial(healthy, wild=asked.wild)
    if asked.kind == "leaky":
        draw = partial(leaky, wild=asked.wild, causes=asked.causes)
    one = partial(judge, draw=draw, keep=asked.keep)
    seeds = range(asked.seed, asked.seed + asked.days)
    with ProcessPoolExecutor(asked.jobs) as pool:
        days = list(pool.map(one, seeds))
    print("\n".join(report(days)))
    return int(any(one.alarms or one.outcome == "missed" for one in days))


if __name__ == "__main__":
    sys.exit(main())
