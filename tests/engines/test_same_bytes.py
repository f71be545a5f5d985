from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logdiag.engines.ingest import ingest
from tests.engines.running import SAMPLES, SETTINGS, Watch, append, dump, ingested, two_logs

LOGS = sorted(path.name for path in SAMPLES.glob("*.log"))
# What happens between two pieces of a log: nothing, a look, a kill -9, an orderly restart.
DEEDS = st.sampled_from(["nothing", "look", "kill", "look and kill", "stop"])
PLAN = st.lists(st.tuples(st.integers(1, 4_000), DEEDS), min_size=1, max_size=12)


@cache
def whole(name: str) -> list[str]:
    """The dump of a sample ingested in one piece."""
    with tempfile.TemporaryDirectory() as home:
        log = Path(home) / name
        log.write_bytes((SAMPLES / name).read_bytes())
        return ingested(Path(home) / "whole.db", log)


def do(watch: Watch, deed: str) -> None:
    """Do one of DEEDS."""
    if "look" in deed:
        watch.step(0.1)
    if "kill" in deed:
        watch.kill()
        watch.start()
    if deed == "stop":
        watch.step(0.1)
        watch.stop()
        watch.start()


@pytest.mark.parametrize("name", LOGS)
@settings(max_examples=6)
@given(plan=PLAN)
def test_followed_in_chunks(name: str, plan: list[tuple[int, str]]) -> None:
    """However a log grows, and wherever its watch is killed or stopped, the timeline is one."""
    data = (SAMPLES / name).read_bytes()
    with tempfile.TemporaryDirectory() as home:
        log = Path(home) / name
        log.touch()
        watch = Watch([log], Path(home) / "live.db")
        done = 0
        for size, deed in plan:
            append(log, data[done : done + size])
            done += size
            do(watch, deed)
        append(log, data[done:])
        watch.step(0.1).stop()
        assert whole(name) == dump(watch.db)


@pytest.mark.parametrize("name", LOGS)
@settings(max_examples=4)
@given(sizes=st.lists(st.integers(1, 6_000), min_size=1, max_size=4))
def test_ingested_as_it_grows(name: str, sizes: list[int]) -> None:
    """Runs of ingest over a growing file leave what one run over all of it leaves."""
    lines = (SAMPLES / name).read_bytes().splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as home:
        log, db = Path(home) / name, Path(home) / "grown.db"
        log.touch()
        for size in [*(size // 80 + 1 for size in sizes), len(lines)]:
            append(log, b"".join(lines[:size]))
            del lines[:size]
            ingest([str(log)], db, SETTINGS)
        assert whole(name) == dump(db)


@settings(max_examples=25)
@given(plan=st.lists(st.tuples(st.integers(1, 60), DEEDS), min_size=1, max_size=12))
def test_two_logs_of_one_service(plan: list[tuple[int, str]]) -> None:
    """Two logs that grow together are one sequence, whatever stops the watch in between."""
    lines = two_logs()
    with tempfile.TemporaryDirectory() as home:
        logs = Path(home) / "service"
        logs.mkdir()
        watch = Watch([logs], Path(home) / "live.db")
        for size, deed in [*plan, (len(lines), "look")]:
            for name, line in lines[:size]:
                append(logs / name, line)
            del lines[:size]
            do(watch, deed)
        watch.stop()
        assert ingested(Path(home) / "whole.db", logs) == dump(watch.db)
