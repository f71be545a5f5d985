"""Measure logdiag beside other tools, on the same files, and write benchmarks/RESULTS.md.

make bench                                             the defaults, about two minutes
python -m benchmarks.bench --only dense --rounds 5     a closer look at one corpus
python -m benchmarks.bench --logdiag OLD --logdiag NEW before and after a change
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.contestants import contestants
from benchmarks.corpora import KINDS
from benchmarks.measure import Contestant, Result, floor, in_turn

RESULTS = Path(__file__).parent / "RESULTS.md"
SIZES = {"sparse": 2_000, "dense": 10, "access": 100}  # megabytes
INTRODUCTION = """\
# Results

Written by `make bench`. Whole processes, in turn, on files in the page cache; median of the rounds.
MB/s is of the log read; *x cat* and *x rg* are how many times slower than `cat` and `rg -c` on the
same corpus. Tools far slower run on the beginning of the file, as the size shows. logdiag stores
every event, lifecycle and finding in SQLite; the others count or print, except where said.
"""


def machine() -> str:
    """The processor, cores, system and Python, in one line."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(": ")[2] if names else model
    cores = len(os.sched_getaffinity(0))
    system = f"Linux {platform.release()}" if sys.platform == "linux" else platform.platform()
    return f"{model}, {cores} cores, {system}, Python {platform.python_version()}"


def table(results: Sequence[Result], least: int) -> str:
    """The results as a Markdown table."""
    speeds = {result.contestant.name: result.speed for result in results if not result.failure}
    lines = [
        "| tool | file | MB/s | x cat | x rg | seconds | peak memory |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for result in results:
        name, size = result.contestant.name, f"{result.contestant.megabytes:,.0f} MB"
        if result.failure:
            lines.append(f"| {name} | {size} | failed: {result.failure} | | | | |")
            continue
        ratios = [
            f"{speeds[other] / result.speed:,.1f}" if other in speeds else "-"
            for other in ("cat", "rg -c")
        ]
        below = "" if result.peak > 1.1 * least else "below "
        lines.append(
            f"| {name} | {size} | {result.speed:,.1f} | {' | '.join(ratios)} "
            f"| {result.median:.3f} | {below}{result.peak / 1e6:,.0f} MB |"
        )
    return "\n".join(lines)


def starting(logdiags: Sequence[str], rounds: int) -> str:
    """How long a command takes to say anything, beside Python alone."""
    nothing = Path(os.devnull)
    entries = [Contestant(f"`{Path(p).name} --help`", [p, "--help"], nothing) for p in logdiags]
    entries.append(Contestant("`python -c pass`", [sys.executable, "-c", "pass"], nothing))
    lines = ["| command | milliseconds |", "|---|--:|"]
    for result in in_turn(entries, 3 * rounds):
        shown = f"{1000 * result.median:.0f}" if not result.failure else "failed"
        lines.append(f"| {result.contestant.name} | {shown} |")
    return "\n".join(lines)


def versions(programs: Iterable[str]) -> str:
    """What the programs say about themselves, first lines only."""
    said = []
    for program in sorted(programs):
        run = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        said.append(
            (run.stdout.strip() or run.stderr.strip() or program).split("\n")[0].rstrip(".")
        )
    return "; ".join(said)


def generate(kind: str, megabytes: int) -> Path:
    """Write the corpus in a process of its own: what it needs must not count as ours."""
    command = [sys.executable, "-m", "benchmarks.corpora", kind, str(megabytes)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Path(printed.strip()).resolve()


def arguments() -> argparse.Namespace:
    """The command line's."""
    parser = argparse.ArgumentParser(description="Measure logdiag beside other tools.")
    parser.add_argument("--only", choices=KINDS, action="append", help="these corpora only")
    parser.add_argument("--size", type=int, help="megabytes, instead of each corpus's own size")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--logdiag", action="append", help="a logdiag command; several are run against each other"
    )
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args()


def main() -> None:
    """Run everything, print it, and write it down."""
    options = arguments()
    beside = str(Path(sys.executable).with_name("logdiag"))
    logdiags = [str(Path(path).absolute()) for path in options.logdiag or [beside]]
    parts = [INTRODUCTION, f"{datetime.now(UTC):%Y-%m-%d}, {machine()}.\n"]
    print("\n".join(parts), flush=True)
    absent: set[str] = set()
    present: set[str] = set()
    for kind in options.only or KINDS:
        file = generate(kind, options.size or SIZES[kind])
        entries, missing = contestants(kind, file, logdiags)
        absent.update(missing)
        present.update(entry.command[0] for entry in entries)
        parts.append(f"## {kind}\n\n{table(in_turn(entries, options.rounds), floor())}\n")
        print(parts[-1], flush=True)
    parts.append(f"## Starting\n\n{starting(logdiags, options.rounds)}\n")
    print(parts[-1], flush=True)
    programs = present.difference(logdiags, [sys.executable])
    parts.append(f"Versions: {versions(programs)}.\n")
    print(parts[-1], flush=True)
    if absent:
        parts.append(f"Not installed, so not measured: {', '.join(map(_name, sorted(absent)))}.\n")
        print(parts[-1], flush=True)
    options.output.write_text("\n".join(parts), encoding="utf-8")


def _name(program: str) -> str:
    return Path(program).name


if __name__ == "__main__":
    main()
