from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from logdiag.errors import TimelineError
from logdiag.model import Source
from logdiag.timeline import Reader, Writer
from tests.timeline import builders

_TOTAL = 12  # batches of a whole run

# Commits batches from where it is; argument 2 says how many steps of SQLite's machine it lives.
_CHILD = """
import os, signal, sys
from logdiag.timeline import Writer
from tests.timeline import builders
writer = Writer.open(sys.argv[1])
known = writer.known()
source = known[0][0] if known else writer.register("app", "app.log")
done = (writer.detector_state("app") or {"batch": -1})["batch"] + 1
if int(sys.argv[2]):
    die = lambda: os.kill(os.getpid(), signal.SIGKILL)
    writer._connection.set_progress_handler(die, int(sys.argv[2]))
for number in range(done, int(sys.argv[3])):
    print(number, flush=True)
    writer.commit(builders.batch(source, number, 400))
"""


def _run(path: Path, steps: int = 0, total: int = _TOTAL) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", _CHILD, str(path), str(steps), str(total)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def _complete(path: Path, total: int = _TOTAL) -> None:
    with _run(path, total=total) as child:
        child.communicate()
    assert 0 == child.returncode


def _dump(path: Path) -> list[str]:
    with Reader.open(path) as reader:
        return list(reader.dump())


def _reference(path: Path, total: int) -> list[str]:
    """What the database holds after a run that nothing disturbed."""
    whole = path.with_name(f"whole{total}.db")
    with Writer.open(whole) as writer:
        source = writer.register("app", "app.log")
        for number in range(total):
            writer.commit(builders.batch(source, number, 400))
    return _dump(whole)


def _stored_batches(path: Path) -> int:
    with Writer.open(path) as writer:
        return int((writer.detector_state("app") or {"batch": -1})["batch"]) + 1


@pytest.mark.parametrize("steps", [20_000, 50_000, 90_000, 130_000, 400_000])
def test_killed_inside_a_transaction(path: Path, steps: int) -> None:
    """Kill -9 amid the statements of a batch: the batches before are whole, this one is not."""
    with _run(path, steps) as child:
        began = child.communicate()[0].split()
    assert -signal.SIGKILL == child.returncode
    stored = _stored_batches(path)
    assert int(began[-1]) == stored
    assert _reference(path, stored) == _dump(path)
    _complete(path)
    assert _reference(path, _TOTAL) == _dump(path)


@pytest.mark.slow
def test_killed_from_outside(path: Path) -> None:
    """Kill -9 at whatever moment it hits: always whole batches, and the rest follows."""
    total = 40
    for victim in (1, 7, 18, 29):
        with _run(path, total=total) as child:
            assert child.stdout is not None
            next(line for line in child.stdout if int(line) >= victim)
            child.kill()
        stored = _stored_batches(path)
        assert victim <= stored <= total
        assert _reference(path, stored) == _dump(path)
    _complete(path, total)
    assert _reference(path, total) == _dump(path)


def test_full_database_can_be_retried(path: Path, writer: Writer, source: Source) -> None:
    """SQLITE_FULL rolls the batch back; the same batch goes in when there is room again."""
    writer.commit(builders.batch(source, 0, 400))
    before = _dump(path)
    pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
    writer._connection.execute(f"PRAGMA max_page_count = {pages + 3}")
    retried = builders.batch(source, 1, 400)
    for _ in range(2):
        with pytest.raises(TimelineError, match=r"disk is full.*Free some space") as caught:
            writer.commit(retried)
        assert 3 == caught.value.exit_code
        assert before == _dump(path)
    writer._connection.execute("PRAGMA max_page_count = 1000000")
    writer.commit(retried)
    assert _reference(path, 2) == _dump(path)


# Commits until it fails, makes room, and commits what failed once more, to the end.
_UNTIL_FULL = """
import sys
from logdiag.errors import TimelineError
from logdiag.timeline import Reader, Writer
from tests.timeline import builders
path = sys.argv[1] + "/timeline.db"
writer = Writer.open(path)
source = writer.register("app", "app.log")
{limit}
failures = 0
for number in range(8):
    while True:
        try:
            writer.commit(builders.batch(source, number, 400))
            break
        except TimelineError as error:
            failures += 1
            if failures > 1:
                raise
            print(error)
            print(Reader.open(path).totals("app").opened == 400 * number)
            {relief}
print(writer.reader().totals("app").opened)
print(sorted(set(writer._connection.execute("PRAGMA integrity_check"))))
"""


def _said(command: list[str], directory: Path, limit: str, relief: str) -> list[str]:
    script = _UNTIL_FULL.format(limit=limit, relief=relief)
    arguments = [*command, sys.executable, "-c", script, str(directory)]
    child = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert "" == child.stderr
    return child.stdout.splitlines()


def test_file_size_limit(tmp_path: Path) -> None:
    """A write that the system refuses is an I/O error in words, rolled back and retried."""
    limit = (
        "import resource; old = resource.getrlimit(resource.RLIMIT_FSIZE); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, old[1]))"
    )
    relief = "resource.setrlimit(resource.RLIMIT_FSIZE, old)"
    error, before, after, integrity = _said([], tmp_path, limit, relief)
    assert "cannot be read or written (I/O error)" in error
    assert ["True", "3200", "[('ok',)]"] == [before, after, integrity]


def test_full_disk(tmp_path: Path) -> None:
    """On a full file system the batch is rolled back, readers read, and a retry succeeds."""
    mount = 'mount -t tmpfs -o size=1500k tmpfs "$1" && directory=$1 && shift && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if not shutil.which("unshare"):
        pytest.skip("needs unshare")
    if subprocess.run([*command, mount, "sh", str(tmp_path), "true"], check=False).returncode:
        pytest.skip("needs user namespaces and tmpfs")
    limit = "ballast = open(sys.argv[1] + '/ballast', 'wb', 0); ballast.write(bytes(900_000))"
    relief = "ballast.truncate(0)"
    namespace = [*command, mount, "sh", str(tmp_path)]
    error, before, *rest = _said(namespace, tmp_path, limit, relief)
    assert "cannot grow, the disk is full" in error
    assert "True" == before
    assert ["3200", "[('ok',)]"] == rest


@pytest.mark.parametrize("moment", [2_000, 20_000, 60_000])
def test_interrupted_commit_rolls_back(
    path: Path, writer: Writer, source: Source, moment: int
) -> None:
    """Ctrl-C or a signal's exception amid a commit leaves nothing, and the writer goes on."""
    writer.commit(builders.batch(source, 0, 400))
    before = _dump(path)
    stop: Callable[[], int] = lambda: 1  # noqa: E731
    writer._connection.set_progress_handler(stop, moment)
    with pytest.raises(TimelineError, match="interrupted"):
        writer.commit(builders.batch(source, 1, 400))
    writer._connection.set_progress_handler(None, 0)
    assert before == _dump(path)
    writer.commit(builders.batch(source, 1, 400))
    assert _reference(path, 2) == _dump(path)


def test_foreign_lock_is_waited_for_in_words(path: Path, writer: Writer, source: Source) -> None:
    """Somebody's open transaction in another program is told, and nothing is stored meanwhile."""
    writer._connection.execute("PRAGMA busy_timeout = 1")
    with Writer.open(path, lock=False) as other:
        other._connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(TimelineError, match="locked by another program"):
            writer.commit(builders.batch(source, 0))
        other._connection.execute("ROLLBACK")
    writer.commit(builders.batch(source, 0))
    assert {"batch": 0} == writer.detector_state("app")
