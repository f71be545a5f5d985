"""Whole processes, timed in turn, with the memory that the kernel says they took."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Contestant:
    """A command on one file. In its words `{work}` stands for a new empty folder.

    What it prints goes to a file there: grep stops at the first match when it sees that nobody
    will read its count. `discard` is for those who print the whole log.
    """

    name: str
    command: Sequence[str]
    file: Path
    discard: bool = False

    @property
    def megabytes(self) -> float:
        """The size of the file, in millions of bytes."""
        return self.file.stat().st_size / 1e6


@dataclass
class Result:
    """What the rounds of one contestant came to: seconds each, the largest peak in bytes."""

    contestant: Contestant
    seconds: list[float] = field(default_factory=list)
    peak: int = 0
    failure: str = ""

    @property
    def median(self) -> float:
        """Seconds of the median round."""
        return statistics.median(self.seconds)

    @property
    def speed(self) -> float:
        """Megabytes of log per second."""
        return self.contestant.megabytes / self.median


def once(command: Sequence[str], discard: bool = False) -> tuple[float, int, str]:
    """Run a command to its end: seconds, peak memory in bytes, and what it said if it failed.

    The peak is the largest of the process and of the children it waited for, not their sum; and
    it is never below that of the process that started them, see `floor`.
    """
    with tempfile.TemporaryDirectory(prefix="logdiag-bench-") as work:
        said, printed = Path(work, "stderr"), Path(work, "stdout")
        words = [word.replace("{work}", work) for word in command]
        environment = {**os.environ, "LC_ALL": "C", "HOME": work}  # bytes; nobody's own settings
        with said.open("wb") as err, Path(os.devnull if discard else printed).open("wb") as out:
            start = time.perf_counter()
            process = subprocess.Popen(
                words, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        failure = ""
        if process.returncode:
            lines = said.read_text(errors="replace").split("\n")
            failure = next(filter(None, reversed(lines)), f"exit {process.returncode}")
    return seconds, usage.ru_maxrss * 1024, failure


def floor() -> int:
    """The least peak that can be measured: Linux starts a child's count at its parent's size."""
    return once(["true"])[1]


def in_turn(contestants: Sequence[Contestant], rounds: int) -> list[Result]:
    """Run A B C A B C, so that a machine that slows down slows all of them; skip who fails."""
    results = [Result(contestant) for contestant in contestants]
    for result in results:  # the first run warms the page cache and is not counted
        once(["cat", str(result.contestant.file)], discard=True)
    for _ in range(rounds):
        for result in results:
            if result.failure:
                continue
            seconds, peak, result.failure = once(
                result.contestant.command, result.contestant.discard
            )
            result.seconds.append(seconds)
            result.peak = max(result.peak, peak)
    return results


def installed(program: str) -> bool:
    """Whether the program can be run, /usr/sbin included."""
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is not None
