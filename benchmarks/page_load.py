"""How fast the page answers over a large timeline while a watch writes into it.

    python -m benchmarks.page_load --events 10000000 --rate 50 --seconds 30

Two processes of logdiag, `watch` and `web`, on this machine only; a log grows by 200 lines a
second. Requests leave at a fixed rate whether or not earlier ones were answered, so that a slow
answer is not hidden by asking less. Half of them are what open pages ask (the status, and what
they show, when it changed), the others look at parts of the timeline that nobody looked at before.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.page_fill import BEGIN, END, PER_CONNECTION, SERVICE, fill

LINES = 200  # a second, into the log that is watched
MOST_SECONDS = 120
WORKERS = 40
_MS = 1_000_000
_FOLLOWED = (
    "services", f"live?service={SERVICE}&width=1200", f"lanes?service={SERVICE}&width=1200",
    "findings", "sources",
)  # fmt: skip


class Answer(NamedTuple):
    """What came back: seconds from when it should have been asked, status, and what it was."""

    seconds: float
    status: int
    name: str


def requests(seed: int, connections: int) -> Iterator[str]:
    """What is asked, for ever."""
    chance = random.Random(seed)
    while True:
        yield "status"
        yield chance.choice(_FOLLOWED)
        begin = chance.randrange(BEGIN // _MS, END // _MS)
        length = chance.choice((60_000, 600_000, 3_600_000, 86_400_000))
        window = f"service={SERVICE}&width=1200&from={begin}&to={begin + length}"
        yield chance.choice((f"live?{window}", f"lanes?{window}"))
        yield f"connection?service={SERVICE}&number={chance.randrange(1, connections)}"


def ask(base: str, name: str, etags: dict[str, str], due: float) -> Answer:
    """One request, with the ETag of its last answer as a browser sends it."""
    request = urllib.request.Request(f"{base}api/v1/{name}")
    if name in etags:
        request.add_header("If-None-Match", etags[name])
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            response.read()
            etags[name] = response.headers["ETag"]
            status = response.status
    except urllib.error.HTTPError as error:
        error.read()
        status = error.code
    return Answer(time.monotonic() - due, status, name.partition("?")[0])


def load(base: str, rate: int, seconds: int, connections: int) -> list[Answer]:
    """So many requests a second, each in its time."""
    asked, etags, answers = requests(1, connections), dict[str, str](), []
    begin = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        for number in range(rate * seconds):
            due = begin + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            answers.append(pool.submit(ask, base, next(asked), etags, due))
    return [answer.result() for answer in answers]


def first_view(base: str) -> float:
    """Seconds for the page and all that it asks at first, one after the other."""
    begin = time.monotonic()
    with urllib.request.urlopen(base, timeout=60) as response:
        response.read()
    for name in ("status", *_FOLLOWED):
        ask(base, name, {}, begin)
    return time.monotonic() - begin


@contextmanager
def started(*args: str | Path) -> Iterator[tuple[str, int]]:
    """A logdiag process; gives the line that it says first, and its number."""
    command = [sys.executable, "-m", "logdiag", *map(str, args)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline() if process.stdout else "", process.pid
    finally:
        process.terminate()
        process.wait()


def cpu(process: int) -> float:
    """Seconds of processor time that a process has taken (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def growing(log: Path) -> Iterator[None]:
    """A log to which lines are added while the block runs."""
    stop = threading.Event()

    def grow() -> None:
        number = 0
        with log.open("a") as file:
            while not stop.wait(0.1):
                for _ in range(LINES // 20):
                    number += 1
                    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
                    name = f"{now}.{number % 1000:03}Z info: WebSocket connection w{number:08}"
                    file.write(f"{name} established. Total: 1\n{name} closed. Total: 0\n")
                file.flush()

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def told(answers: list[Answer], rate: int) -> None:
    """Print the distribution, over all and by what was asked."""
    print(f"{len(answers)} requests at {rate}/s, failed {sum(a.status >= 400 for a in answers)}")
    for name in ("", *sorted({answer.name for answer in answers})):
        times = sorted(a.seconds for a in answers if name in ("", a.name))
        p50, p95, p99 = (1000 * times[min(len(times) - 1, len(times) * n // 100)]
                         for n in (50, 95, 99))  # fmt: skip
        print(f"{name or 'all':12} {len(times):6}  p50 {p50:6.0f} ms  p95 {p95:6.0f} ms"
              f"  p99 {p99:6.0f} ms  max {1000 * times[-1]:6.0f} ms")  # fmt: skip


def main() -> None:
    """Fill, once; then start, ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=30)
    given = parser.parse_args()
    db = Path(__file__).parent / "corpora" / f"page-{given.events}.db"
    connections = round(given.events / PER_CONNECTION)
    if not db.exists():
        print(f"Filling {db} ...")
        fill(db, given.events)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / f"watched-{os.getpid()}.log"  # a service that no run before had
        log.touch()
        with (
            started("watch", log, "--db", db) as (_, watch),
            growing(log),
            started("web", "--db", db, "--port", "0") as (first, web),
        ):
            base = first.split()[4]
            print(json.dumps({"events": given.events, "connections": connections}))
            print(f"first view {1000 * first_view(base):.0f} ms")
            seconds = min(given.seconds, MOST_SECONDS)
            before = cpu(web), cpu(watch)
            told(load(base, given.rate, seconds, connections), given.rate)
            print(f"processor time: web {cpu(web) - before[0]:.1f} s,"
                  f" watch {cpu(watch) - before[1]:.1f} s; load {os.getloadavg()[0]:.1f}"
                  f" on {os.cpu_count()} processors")  # fmt: skip


if __name__ == "__main__":
    main()
