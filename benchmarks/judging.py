"""How fast events are judged, how many rules slow that down, what live connections take.

    python benchmarks/judging.py [speed|rules|memory ...]
    .venv-compiled/bin/python benchmarks/judging.py     the compiled package (`make compiled`)

Run by its path, it measures the logdiag that is installed beside that Python. Only the detector
is measured, on one core: lifecycles and all rules, changes taken out every thousand events.

speed    events per second of healthy days, of days of leaks, and of a plain log of openings and
         closes; best of five
rules    the same with 200 rules of a user's own: variants of a dozen conditions over clients,
         pages, users and processes; exit code 1 if it takes three times as long
memory   of a million live connections, of as many clients and of fewer; `named`: with UUIDs for
         ids, user names, addresses and a few paths
"""

from __future__ import annotations

import gc
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

from logdiag.diagnosis import Detector, Rule, read_rule
from logdiag.diagnosis import detector as judging
from logdiag.engines import knowledge
from logdiag.engines.collector import SELDOM
from logdiag.engines.settings import Settings
from logdiag.formats import Parser, TimePolicy
from logdiag.model import SECOND, Block, Event, Position, Source
from logdiag.simulation import CASES, FORMATS, Simulation, write

PARTS = ("speed", "rules", "memory")
RULES = 200
MINUTES = 20
TIMED = ("ordinary-day", "churn", "token-expiry", "mobile", "D1", "D3", "D4", "D6")
BATCH = 1_000  # events between two looks at what changed
PLAIN = 30_000  # connections of the plain log
LIVE = 1_000_000
# Clients; most is taken where many hold two.
HELD = [[str(LIVE)], ["700000"], ["300000"], ["100000"], ["700000", "named"]]
BEGAN = 1_795_392_000 * SECOND  # a time of today takes 16 bytes more than a small number
SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835  # odd: makes different ids of different numbers
PATHS = ("/ws", "/ws/chat", "/ws/orders", "/live/prices")
LIMIT = 3.0  # times the time with the built-in rules
ROUNDS = 5
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


def logs(names: Sequence[str], minutes: float = MINUTES) -> dict[str, list[Event]]:
    """The events of so many minutes of simulated days, by their name."""
    formats, form = knowledge.load_formats(Settings()), FORMATS["node-json"]
    found = {}
    for name in names:
        simulation = Simulation(CASES[name], duration=60 * minutes, clients=CLIENTS)
        data = "".join(f"{line}\n" for line in write(simulation.play(), form)).encode()
        block = Block(Source(1, "app", "app.log"), 0, data, Position(len(data)))
        found[name] = Parser(formats, TimePolicy()).parse(block)
    return found


def plain(*, addresses: bool) -> list[Event]:
    """Connections that open, one a second, and close half a minute later."""
    rows = []
    for number in range(PLAIN):
        client = f"10.{number * 7919 % 97}.{number * 104729 % 251}.7" if addresses else None
        rows += [(number, "opened", number, client), (number + 30.5, "closed", number, client)]
    return [
        Event(
            kind, round(second * SECOND), 1, place * 100, place, "", pattern="app:1",
            connection=f"{number:08x}", client=client, path="/ws",
        )
        for place, (second, kind, number, client) in enumerate(sorted(rows), 1)
    ]  # fmt: skip


def seconds(rules: Sequence[Rule], day: Sequence[Event]) -> float:
    """The processor time (s) that detection takes."""
    began = time.process_time()
    detector = Detector("app", rules)
    for place in range(0, len(day), BATCH):
        for event in day[place : place + BATCH]:
            detector.on_event(event)
        detector.drain()
    return time.process_time() - began


def speed() -> None:
    """Print events per second, day by day."""
    rules = knowledge.load_rules(Settings())
    days = logs(TIMED, 6 * MINUTES)
    days["ids only"] = plain(addresses=False)
    days["ids and addresses"] = plain(addresses=True)
    for name, day in days.items():
        best = min(seconds(rules, day) for _ in range(ROUNDS))
        print(f"{name:>20}: {len(day) / best:9,.0f} events/s")


def many_rules() -> bool:
    """Print how much slower detection is with many rules; whether that is too much."""
    days, built_in = logs(DAYS).values(), knowledge.load_rules(Settings())
    everything = [*built_in, *user_rules(RULES)]
    # In turn, so that what else the machine does meanwhile is the same for both.
    rounds = [
        [sum(seconds(rules, day) for day in days) for rules in (built_in, everything)]
        for _ in range(3)
    ]
    before, after = (min(times) for times in zip(*rounds, strict=True))
    print(f"{RULES} more rules: {after / before:.2f} times as long; the limit is {LIMIT:g}")
    return bool(after >= LIMIT * before)


def opening(number: int, clients: int, *, named: bool) -> Event:
    """The next one, by one of so many clients; each text is made anew, as a parser does."""
    of = number * 2654435761 % clients
    name = str(UUID(int=number * SPREAD % (1 << 128))) if named else f"{number:08x}"
    return Event(
        "opened", BEGAN + 5_000_000 * number, 1, number * 100, number, "", pattern="app:1",
        connection=name, client=f"10.{of >> 16}.{of >> 8 & 255}.{of & 255}",
        user=f"user-{of:06d}" if named else None,
        path="".join(PATHS[number % len(PATHS)]) if named else "/ws",
    )  # fmt: skip


def live(clients: int, *, named: bool) -> None:
    """Print what a million live connections of so many clients take, in a process of its own."""
    rules = knowledge.load_rules(Settings())
    detector = Detector("app", rules)
    for number in range(LIVE):
        detector.on_event(opening(number, clients, named=named))
        if not number % BATCH:
            detector.drain()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    of = f"{clients:,} {'named ' if named else ''}clients"
    print(f"{LIVE:,} live connections of {of}: {peak:,.0f} MiB, the whole process")


def main() -> None:
    """Measure what is asked for, all of it without a word."""
    asked = sys.argv[1:] or list(PARTS)
    gc.freeze()
    gc.set_threshold(SELDOM)  # as the engines do
    if asked[0] == "live":
        return live(int(asked[1]), named="named" in asked)
    kind = "plain" if judging.__file__.endswith(".py") else "compiled"
    today = datetime.now(UTC).date()
    print(f"logdiag, {kind}, Python {platform.python_version()}, {today}", flush=True)
    # First, while this process is small: Linux hands its peak down to those that it starts.
    for words in HELD if "memory" in asked else ():
        subprocess.run([sys.executable, __file__, "live", *words], check=True)
    if "speed" in asked:
        speed()
    slow = "rules" in asked and many_rules()
    raise SystemExit(slow)


if __name__ == "__main__":
    main()
