from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from logdiag.engines.feed import block_size
from logdiag.engines.ingest import ingest
from logdiag.errors import SourceError, TimelineError
from logdiag.tailing import BLOCK_SIZE, targets
from logdiag.timeline import Reader, Writer
from tests.engines.lines import closed, healthy, leak, opened
from tests.engines.running import SAMPLES, SETTINGS, append, dump, findings, ingested


def lives(db: Path, service: str) -> list[tuple[str, str]]:
    """Name and state of each connection."""
    with Reader.open(db) as reader:
        return [(life.name, life.state) for life in reader.connections(service)]


def items(db: Path, table: str) -> list[dict[str, object]]:
    """The rows of one table."""
    return [item for item in map(json.loads, dump(db)) if item["table"] == table]


def rotations(directory: Path) -> list[Path]:
    """One log in three files, the oldest compressed; oldest first."""
    lines = healthy(30).splitlines(keepends=True)
    oldest, old, live = (directory / name for name in ("app.log.2.gz", "app.log.1", "app.log"))
    oldest.write_bytes(gzip.compress(b"".join(lines[:15])))
    old.write_bytes(b"".join(lines[15:41]))
    live.write_bytes(b"".join(lines[41:]))
    return [oldest, old, live]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_files_of_one_log(tmp_path: Path, order: tuple[int, ...]) -> None:
    """The files of one log are one service, read oldest first, however they are named."""
    files = rotations(tmp_path)
    outcome = ingest([str(files[place]) for place in order], tmp_path / "a.db", SETTINGS)
    assert [(f"h{number}", "closed") for number in range(30)] == lives(tmp_path / "a.db", "app")
    assert (3, 60, 60) == (outcome.files, outcome.lines, outcome.events)
    assert not outcome.incomplete


def test_archive_without_a_year(tmp_path: Path) -> None:
    """An archive's own time tells the year of timestamps that lack it."""
    log = tmp_path / "app.log.gz"
    line = b"Mar  4 05:06:07 host node[1]: info: WebSocket connection a established. Total: 1\n"
    log.write_bytes(gzip.compress(line))
    os.utime(log, (1_741_100_000, 1_741_100_000))  # 2025-03-04
    ingest([str(log)], tmp_path / "a.db", SETTINGS)
    assert ["2025-03-04T05:06:07Z"] == [item["time"] for item in items(tmp_path / "a.db", "events")]


def test_year_survives_a_touch(tmp_path: Path) -> None:
    """A log whose time is set back between two runs keeps its year."""
    log, db = tmp_path / "app.log", tmp_path / "a.db"
    words = "host node[1]: info: WebSocket connection a established. Total: 1\n"
    log.write_bytes(b"noise\n")
    os.utime(log, (1_741_100_000, 1_741_100_000))  # 2025-03-04
    ingest([str(log)], db, SETTINGS)
    with log.open("a") as file:
        file.write(f"Mar  4 05:06:07 {words}")
    os.utime(log, (1_641_100_000, 1_641_100_000))  # 2022-01-02
    ingest([str(log)], db, SETTINGS)
    assert ["2025-03-04T05:06:07Z"] == [item["time"] for item in items(db, "events")]


def test_directory_with_subdirectories(tmp_path: Path) -> None:
    """A directory is one service, the logs in its subdirectories included."""
    logs = tmp_path / "shop"
    (logs / "node").mkdir(parents=True)
    (logs / "app.log").write_bytes(opened("a", 0))
    (logs / "node" / "app.log").write_bytes(closed("a", 5))
    ingest([str(logs)], tmp_path / "a.db", SETTINGS)
    assert [("a", "closed")] == lives(tmp_path / "a.db", "shop")
    paths = [item["source"] for item in items(tmp_path / "a.db", "sources")]
    assert ["app.log", "node/app.log"] == paths


def test_read_by_time_not_by_name(tmp_path: Path) -> None:
    """Of several logs, the one that lies furthest back in time is read; order is by time."""
    logs = tmp_path / "shop"
    logs.mkdir()
    late = b"".join(closed(f"h{place}", 2 * place + 1) for place in range(9_000))
    early = b"".join(opened(f"h{place}", 2 * place) for place in range(9_000))
    (logs / "a.log").write_bytes(late)
    (logs / "b.log").write_bytes(early)
    ingest([str(logs)], tmp_path / "a.db", SETTINGS)
    with Reader.open(tmp_path / "a.db") as reader:
        assert 1 == reader.live("shop").peak
        assert (9_000, 9_000) == reader.totals("shop")[:2]


def test_clock_set_back(tmp_path: Path) -> None:
    """Within one log its own order holds, whatever its times say."""
    log = tmp_path / "app.log"
    log.write_bytes(opened("a", 3600) + closed("a", 0) + opened("b", 1) + closed("b", 7200))
    ingest([str(log)], tmp_path / "a.db", SETTINGS)
    assert [("a", "closed"), ("b", "closed")] == lives(tmp_path / "a.db", "app")


def test_ingested_again(tmp_path: Path) -> None:
    """What is there already is not read again; nothing changes."""
    log, db = tmp_path / "app.log", tmp_path / "a.db"
    log.write_bytes(leak())
    before = ingested(db, log)
    outcome = ingest([str(log)], db, SETTINGS)
    assert (0, 0, 0) == (outcome.bytes, outcome.events, outcome.gaps)
    assert [("auth-loading-race", "firing")] == findings(db)
    assert before == dump(db)


def test_archive_of_what_was_read(tmp_path: Path) -> None:
    """A log that was read and then compressed is not read a second time."""
    log, db = tmp_path / "app.log.1", tmp_path / "a.db"
    log.write_bytes(healthy(20))
    ingest([str(log)], db, SETTINGS)
    archive = tmp_path / "app.log.1.gz"
    archive.write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    outcome = ingest([str(archive)], db, SETTINGS)
    assert (0, 0) == (outcome.events, outcome.gaps)
    assert 20 == len(lives(db, "app"))


def test_half_a_line(tmp_path: Path) -> None:
    """A log that ends without a newline is read to its last byte."""
    log, db = tmp_path / "app.log", tmp_path / "a.db"
    log.write_bytes(opened("a").rstrip(b"\n"))
    ingest([str(log)], db, SETTINGS)
    assert [("a", "open")] == lives(db, "app")


@pytest.mark.parametrize("name", ["seed.log", "node-leaky.log"])
def test_stdin(tmp_path: Path, name: str) -> None:
    """A pipe is a service, read to its end; it says the same as the file."""
    script = (
        "import sys; from pathlib import Path; from logdiag.engines.ingest import ingest; "
        "from logdiag.engines.settings import Settings; "
        "told = []; out = ingest(['-'], Path(sys.argv[1]), Settings(), "
        "progress=lambda done, total: told.append((done, total))); "
        "print(out.events, told[-1], told == sorted(told))"
    )
    data = (SAMPLES / name).read_bytes()
    command = [sys.executable, "-c", script, str(tmp_path / "a.db")]
    said = subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()
    ingest([str(SAMPLES / name)], tmp_path / "b.db", SETTINGS)
    count = len(items(tmp_path / "b.db", "events"))
    assert f"{count} ({len(data)}, {len(data)}) True" == said.strip()
    assert findings(tmp_path / "b.db") == findings(tmp_path / "a.db")


def test_one_file_under_two_names(tmp_path: Path) -> None:
    """A file that appears under two targets is read once."""
    log, db = tmp_path / "app.log", tmp_path / "a.db"
    log.write_bytes(healthy(10))
    outcome = ingest([str(log), str(tmp_path)], db, SETTINGS)
    assert (1, 20) == (outcome.files, outcome.events)


def test_nothing_there(tmp_path: Path) -> None:
    """A path that does not exist is an error; a directory without logs is an empty service."""
    with pytest.raises(SourceError, match=r"no such file or directory.*nearest directory"):
        ingest([str(tmp_path / "no.log")], tmp_path / "a.db", SETTINGS)
    (tmp_path / "empty").mkdir()
    outcome = ingest([str(tmp_path / "empty")], tmp_path / "a.db", SETTINGS)
    assert (0, False) == (outcome.files, outcome.incomplete)
    with Reader.open(tmp_path / "a.db") as reader:
        assert ["empty"] == reader.services()


def test_progress(tmp_path: Path) -> None:
    """It never goes back, counts archives as they lie on the disk, and ends at the total."""
    files = rotations(tmp_path)
    (tmp_path / "big.log").write_bytes(b"noise\n" * 200_000)
    told: list[tuple[int, int]] = []
    ingest([str(tmp_path)], tmp_path / "state" / "a.db", SETTINGS,
           progress=lambda done, total: told.append((done, total)))  # fmt: skip
    total = sum(file.stat().st_size for file in [*files, tmp_path / "big.log"])
    assert (0, total) == told[0]
    assert (total, total) == told[-1]
    assert sorted(told) == told
    assert 6 < len(told)


def test_lines_without_time_within_a_log_with_times(tmp_path: Path) -> None:
    """Times go on from file to file of one log: a rotated log's first line may have none."""
    first = opened("a", 10)
    second = b"info: WebSocket connection a closed (code 1000). Total: 0\n"
    (tmp_path / "app.log.1").write_bytes(first)
    (tmp_path / "app.log").write_bytes(second)
    (tmp_path / "other.log").write_bytes(opened("x", 5) + opened("y", 20))
    ingest([str(tmp_path)], tmp_path / "state" / "a.db", SETTINGS)
    steps = [item["state"] for item in items(tmp_path / "state" / "a.db", "transitions")]
    assert ["open", "open", "closed", "open"] == steps


def test_many_logs_at_once(tmp_path: Path) -> None:
    """However many logs a service has, what waits of them is bounded, and the order is right."""
    logs = tmp_path / "shop"
    logs.mkdir()
    for number in range(300):
        (logs / f"{number}.log").write_bytes(opened(f"c{number}", number) + b"noise\n" * 20_000)
    assert (16 << 20) // 300 == block_size(targets([str(logs)]))
    assert BLOCK_SIZE == block_size(targets([str(logs / "0.log"), "-"]))
    ingest([str(logs)], tmp_path / "a.db", SETTINGS)
    assert [f"c{number}" for number in range(300)] == [
        n for n, _ in lives(tmp_path / "a.db", "shop")
    ]


def test_a_state_of_another_version_is_told(tmp_path: Path) -> None:
    """What another version left of the detector is no crash: it is said what to do."""
    log, db = tmp_path / "app.log", tmp_path / "x.db"
    append(log, opened("a"))
    ingest([f"app={log}"], db, SETTINGS)
    with Writer.open(db) as writer:
        state = writer.detector_state("app")
        assert state is not None
        del state["before"]["detector"]["connections"]["number"]
        stored = json.dumps(state)
        writer._connection.execute("UPDATE detector SET state = ?", (stored,))
    append(log, opened("b"))
    with pytest.raises(TimelineError, match="left by another version"):
        ingest([f"app={log}"], db, SETTINGS)
