"""How much slower detection is with many rules of a user's own.

    python -m benchmarks.many_rules [RULES] [MINUTES]

Events of simulated days, leaks among them, go through a detector with the built-in rules, and
through one with 200 more. They are what users write: variants of a dozen conditions over clients,
pages, users and processes, with thresholds, windows and guards of their own. Only the detector is
measured, on one core; the best of three rounds counts. Exit code 1 if it takes three times as long.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

from logdiag.diagnosis import Detector, Rule, read_rule
from logdiag.engines import knowledge
from logdiag.engines.settings import Settings
from logdiag.formats import Parser, TimePolicy
from logdiag.model import Block, Event, Position, Source
from logdiag.simulation import CASES, FORMATS, Simulation, write

LIMIT = 3.0  # times the time with the built-in rules
ROUNDS = 3
DAYS = ("ordinary-day", "churn", "mobile", "D1", "D4", "token-expiry")
CLIENTS = 300

# `by`, `within`, condition; {n} grows from variant to variant.
CONDITIONS = (
    ("client", "30s", "live >= {n} and live > limit"),
    ("client", "2m", "rise(live) >= {n}"),
    ("client", "60s", "opened_after(auth_failure) >= {n} and live >= {n}"),
    ("client", "60s", "count(auth_failure) >= {n} and count(opened) >= {n}"),
    ("client", "30s", "twins >= {n} and live > limit"),
    ("client", "30s", "surplus >= {n} or opened_after(reconnect) >= {n}"),
    ("client", "5m", "distinct(path) >= {n} and live >= {n}"),
    ("client", "2m", "variation(auth_failure) < 20% and count(auth_failure) >= {n}"),
    ("client", "30s", "older(10m) >= {n}"),
    ("path", "60s", "pairs(auth_failure, opened) >= {n} and rise(live) >= {n}"),
    ("path", "30s", "count(error) >= {n} and rise(live) >= {n}"),
    ("client, path", "30s", "live >= {n} and rise(live) >= {n}"),
    ("user", "60s", "live >= {n} and count(opened) >= {n}"),
    ("process", "60s", "drift >= {n}0"),
    ("", "60s", "count(rejected) >= {n}0 and live >= {n}00"),
    ("", "60s", "lived(50s, 65s) >= 30% and closes >= {n}00"),
)
GUARDS = ("restarted", "mass_reconnect", "log_gap", "restarted or mass_reconnect or closes_unseen")
RULE = """\
title: Rule {number}
id: user-{number}
level: medium
by: [{by}]
within: {within}
when: {when}
unless: {unless}
cause: Known to who wrote it.
fix: Known to who wrote it.
tests:
  - {{name: fires, log: a, expect: [{{rule: user-{number}}}]}}
  - {{name: silent, log: a, expect: []}}
  - {{name: late, log: a, expect: [{{rule: user-{number}, state: resolved}}]}}
"""


def user_rules(count: int) -> Iterator[Rule]:
    """So many rules, the same for the same number."""
    for number in range(count):
        by, within, when = CONDITIONS[number % len(CONDITIONS)]
        text = RULE.format(
            number=number, by=by, within=within, unless=GUARDS[number % len(GUARDS)],
            when=when.format(n=3 + number // len(CONDITIONS)),
        )  # fmt: skip
        rule, problems = read_rule(text, f"user-{number}.yaml")
        if rule is None:
            raise SystemExit("\n".join(map(str, problems)))
        yield rule


def logs(minutes: float) -> list[list[Event]]:
    """The events of simulated days, so many minutes of each."""
    formats, form = knowledge.load_formats(Settings()), FORMATS["node-json"]
    found = []
    for name in DAYS:
        simulation = Simulation(CASES[name], duration=60 * minutes, clients=CLIENTS)
        data = "".join(f"{line}\n" for line in write(simulation.play(), form)).encode()
        block = Block(Source(1, "app", "app.log"), 0, data, Position(len(data)))
        found.append(Parser(formats, TimePolicy()).parse(block))
    return found


def seconds(rules: Sequence[Rule], days: Sequence[Sequence[Event]]) -> float:
    """The processor time (s) that detection takes."""
    began = time.process_time()
    for day in days:
        detector = Detector("app", rules)
        for event in day:
            detector.on_event(event)
    return time.process_time() - began


def main() -> None:
    """Measure, print, and judge."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 30
    days, built_in = logs(minutes), knowledge.load_rules(Settings())
    total = sum(map(len, days))
    print(f"{total:,} events of {', '.join(DAYS)}; {CLIENTS} clients")
    everything = [*built_in, *user_rules(count)]
    # In turn, so that what else the machine does meanwhile is the same for both.
    rounds = [(seconds(built_in, days), seconds(everything, days)) for _ in range(ROUNDS)]
    before, after = map(min, zip(*rounds, strict=True))
    for name, took in ((f"{len(built_in)} built-in rules", before), (f"{count} more", after)):
        print(f"{name:>20}: {total / took:9,.0f} events/s")
    print(f"{after / before:.2f} times as long; the limit is {LIMIT:g}")
    raise SystemExit(after >= LIMIT * before)


if __name__ == "__main__":
    main()
