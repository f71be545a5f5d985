from __future__ import annotations

import signal
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

from logdiag.engines.ingest import ingest
from logdiag.engines.watch import watch
from logdiag.errors import TimelineError
from tests.engines.lines import healthy, leak
from tests.engines.running import SETTINGS, append, dump, ingested
from tests.faults.children import ROOT, python, said
from tests.faults.test_kill import keeper, stored, wait_for_more

_FULL = 500_000  # bytes; more than an empty timeline, less than that of LOG
LOG = healthy(3_000) + leak(7_000)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log whose timeline takes a few megabytes."""
    path = tmp_path / "app.log"
    path.write_bytes(LOG)
    return path


def test_watch_waits_for_room(tmp_path: Path, log: Path) -> None:
    """On a full disk watch says so once, waits, and goes on when there is room; nothing is lost."""
    script = f"""
pipeline.BATCH_EVENTS = 500
notices = []
def notice(text):
    notices.append(text)
    limit(resource.RLIM_INFINITY)
def ready(services):
    limit({_FULL})
watch([log], db, Settings(), stop=threading.Event(), once=True, on_notice=notice, on_ready=ready,
      retry=0.01)
print(*notices, sep="\\n")
"""
    failed, works = said(script, log, tmp_path / "live.db")
    assert "It is tried again until it works; nothing is lost." in failed
    assert "The database can be written again." == works
    assert ingested(tmp_path / "whole.db", log) == dump(tmp_path / "live.db")


def test_ingest_gives_up_and_goes_on(tmp_path: Path, log: Path) -> None:
    """On a full disk ingest is an error; the next run goes on exactly where it was."""
    script = f"""
pipeline.BATCH_EVENTS = 500
def progress(done, total):
    limit({_FULL})
try:
    ingest([log], db, Settings(), progress=progress)
except TimelineError as error:
    print(error.exit_code)
"""
    db = tmp_path / "broken.db"
    assert ["3"] == said(script, log, db)
    assert 0 <= stored(db) < len(LOG)
    ingest([str(log)], db, SETTINGS)
    assert ingested(tmp_path / "whole.db", log) == dump(db)


@pytest.mark.parametrize("orderly", [False, True], ids=["at once", "SystemExit"])
def test_ingest_ended_by_sigterm(tmp_path: Path, log: Path, orderly: bool) -> None:
    """SIGTERM during an ingest leaves whole batches; the next run goes on."""
    append(log, b"noise\n" * 1_000_000)
    script = f"""
pipeline.BATCH_EVENTS = 500
if {orderly}:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
ingest([log], db, Settings(), progress=lambda done, total: print(done, flush=True))
"""
    db = tmp_path / "broken.db"
    pipe = subprocess.PIPE
    with subprocess.Popen(python(script, log, db), cwd=ROOT, stdout=pipe, text=True) as child:
        assert child.stdout is not None
        next(line for line in child.stdout if int(line) > 1_000)
        child.terminate()
        child.stdout.read()
    assert (143 if orderly else -signal.SIGTERM) == child.returncode
    assert 0 < stored(db) < log.stat().st_size
    ingest([str(log)], db, SETTINGS)
    assert ingested(tmp_path / "whole.db", log) == dump(db)


def test_second_watch(tmp_path: Path) -> None:
    """While one watches, another is refused, and told which process has the database."""
    logs, db = tmp_path / "service", tmp_path / "live.db"
    logs.mkdir()
    append(logs / "app.log", leak())
    with keeper(logs, db) as keep:
        keep.start()
        wait_for_more(keep, db, 0)
        with pytest.raises(TimelineError, match=rf"in use by process {keep.pid}\."):
            watch([str(logs)], db, SETTINGS, stop=threading.Event(), once=True)
        with pytest.raises(TimelineError, match=rf"in use by process {keep.pid}\."):
            ingest([str(logs)], db, SETTINGS)
        assert 0 == keep.end(signal.SIGTERM)
    ingest([str(logs)], db, SETTINGS)


def test_foreign_database(tmp_path: Path, log: Path) -> None:
    """Another program's database is refused, and left as it is."""
    db = tmp_path / "other.db"
    connection = sqlite3.connect(db)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = db.read_bytes()
    with pytest.raises(TimelineError, match="database of another program"):
        watch([str(log)], db, SETTINGS, stop=threading.Event(), once=True)
    assert before == db.read_bytes()
    assert ["app.log", "other.db"] == sorted(path.name for path in tmp_path.iterdir())
