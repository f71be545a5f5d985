from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from logdiag.errors import TimelineError
from logdiag.timeline import Reader, Writer, default_path, lock
from logdiag.timeline.migrate import STEPS
from tests.timeline import builders

_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]


def _error(path: Path, opener: type[Writer] | type[Reader] = Writer) -> str:
    with pytest.raises(TimelineError) as caught:
        opener.open(path)
    assert caught.value.exit_code == 3
    return str(caught.value)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_default_path_is_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """LOGDIAG_DB wins, and its ~ is the home directory."""
    monkeypatch.setenv("HOME", "/home/jo")
    monkeypatch.setenv("LOGDIAG_DB", "~/x.db")
    assert Path("/home/jo/x.db") == default_path()


def test_default_path_is_in_the_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable, the platform's state directory holds the database."""
    monkeypatch.delenv("LOGDIAG_DB", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert Path("timeline.db") == Path(default_path().name)
    assert "logdiag" == default_path().parent.name


def test_only_the_owner_may_read(path: Path) -> None:
    """The directory is 0700; the database, its -wal, -shm and lock are 0600, whatever umask."""
    before = os.umask(0)
    try:
        with Writer.open(path) as writer:
            writer.register("app", "app.log")
            modes = {file.name: _mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    names = ("timeline.db", "timeline.db-wal", "timeline.db-shm", "timeline.db-lock")
    assert dict.fromkeys(names, 0o600) == modes
    assert 0o700 == _mode(path.parent)


def test_opening_again_keeps_what_is_there(path: Path) -> None:
    """A second opening neither creates nor loses anything."""
    with Writer.open(path) as writer:
        source = writer.register("app", "app.log")
    with Writer.open(path) as writer:
        assert [source] == [known for known, _ in writer.known()]


def test_empty_file_becomes_a_database(path: Path) -> None:
    """An empty file, as mktemp leaves one, has nothing that could be lost."""
    path.parent.mkdir()
    path.touch()
    with Writer.open(path) as writer:
        assert 1 == writer.register("app", "app.log").id


def test_memory_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timeline in memory can be written and read, and leaves nothing behind."""
    monkeypatch.chdir(tmp_path)
    with Writer.open(":memory:") as writer:
        writer.commit(builders.batch(writer.register("app", "app.log"), 0))
        assert 50 == writer.reader().totals("app").opened
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("opener", [Writer, Reader])
@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("ALTER TABLE findings DROP COLUMN leak", "findings.leak"),
        ("DROP TABLE remarks", "remarks"),
        ("DROP INDEX connections_open", "connections_open"),
    ],
)
def test_other_tables_under_the_same_number_are_refused(
    path: Path, opener: type[Writer] | type[Reader], change: str, missing: str
) -> None:
    """A version from before a release had others: it says what is missing and what to do."""
    Writer.open(path).close()
    with closing(sqlite3.connect(path)) as other:
        (made,) = other.execute("SELECT applied_at FROM _sqlite_migrations").fetchone()
        other.execute(change)
    said = f"The database {path} was made on {made[:10]} by another version of logdiag, which kept"
    assert (
        f"{said} other things: {missing} is not in it. Move it away and read the logs again with"
        " `logdiag ingest`, or use that version."
    ) == _error(path, opener)


def test_what_somebody_added_does_no_harm(path: Path) -> None:
    """A view of one's own makes no other database of it."""
    Writer.open(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE VIEW mine AS SELECT name FROM services")
    Writer.open(path).close()
    Reader.open(path).close()


@pytest.mark.parametrize("opener", [Writer, Reader])
def test_text_file_is_left_alone(path: Path, opener: type[Writer] | type[Reader]) -> None:
    """A log given as the database by mistake is refused, and not changed by a byte."""
    path.parent.mkdir()
    path.write_text("precious\n" * 1000)
    assert f"{path} is not a database; it is left as it is. Choose" in _error(path, opener)
    assert "precious\n" * 1000 == path.read_text()
    assert [path] == list(path.parent.iterdir())


@pytest.mark.parametrize("opener", [Writer, Reader])
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_foreign_database_is_left_alone(
    path: Path, mode: str, opener: type[Writer] | type[Reader]
) -> None:
    """Another program's SQLite file is refused, and not even its directory changes."""
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA journal_mode = {mode}")
    other.execute("CREATE TABLE services (id)")
    other.commit()
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    assert "is a database of another program; it is left as it is." in _error(path, opener)
    assert before == {file: file.read_bytes() for file in path.parent.iterdir()}
    other.close()


@pytest.mark.parametrize("opener", [Writer, Reader])
def test_directory_is_refused(tmp_path: Path, opener: type[Writer] | type[Reader]) -> None:
    """A directory is named as one, with a file in it as the hint."""
    expected = f"{tmp_path} is a directory. Name a file, for example {tmp_path / 'timeline.db'}."
    assert expected == _error(tmp_path, opener)


@pytest.mark.parametrize("opener", [Writer, Reader])
def test_newer_schema_is_refused(path: Path, opener: type[Writer] | type[Reader]) -> None:
    """A database of a later logdiag is not touched by this one."""
    Writer.open(path).close()
    later = sqlite3.connect(path)
    later.execute(f"PRAGMA user_version = {len(STEPS) + 6}")
    later.close()
    words = f"newer logdiag (schema {len(STEPS) + 6}, this one knows {len(STEPS)}). Upgrade logdiag"
    assert words in _error(path, opener)


def test_parent_that_is_a_file(tmp_path: Path) -> None:
    """A file where the directory should be is an error with the system's reason."""
    (tmp_path / "file").touch()
    assert "Not a directory" in _error(tmp_path / "file" / "timeline.db")


def test_missing_database_names_the_commands(path: Path) -> None:
    """Who reports before anything was read is told what to run, and nothing is created."""
    expected = (
        f"There is no database at {path}. Run `logdiag ingest PATH` or `logdiag watch PATH` first."
    )
    assert expected == _error(path, Reader)
    assert not path.parent.exists()


def test_half_created_database_is_finished(path: Path) -> None:
    """A crash between the mark and the first migration leaves a file that opens all the same."""
    path.parent.mkdir()
    half = sqlite3.connect(path)
    half.execute("PRAGMA application_id = 1819240292")
    half.close()
    assert "There is no database" in _error(path, Reader)
    with Writer.open(path) as writer:
        assert [] == writer.known()


def test_damage_in_the_first_page(path: Path) -> None:
    """Rubbish behind a good header is called damage, with a way out."""
    Writer.open(path).close()
    data = bytearray(path.read_bytes())
    data[100:4096] = b"\xff" * 3996
    path.write_bytes(data)
    for opener in (Writer, Reader):
        assert "is damaged" in _error(path, opener)
        assert ".recover" in _error(path, opener)


def test_damage_in_a_table(path: Path) -> None:
    """Damage that shows only in a question or a commit is told in the same words."""
    with Writer.open(path) as writer:
        writer.commit(builders.batch(writer.register("app", "app.log"), 0))
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'events'"
        with closing(sqlite3.connect(path)) as other:
            (root,) = other.execute(sql).fetchone()
    data = bytearray(path.read_bytes())
    data[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    with Writer.open(path) as writer:
        ((source, _),) = writer.known()
        with pytest.raises(TimelineError, match="is damaged"):
            writer.commit(builders.batch(source, 1))
        assert {"batch": 0} == writer.detector_state("app")
    with Reader.open(path) as reader, pytest.raises(TimelineError, match="is damaged"):
        list(reader.dump())


def test_second_writer_learns_who_is_first(path: Path) -> None:
    """One writer at a time, also through another name of the file; then the next may."""
    with Writer.open(path):
        link = path.with_name("link.db")
        link.symlink_to(path)
        for name in (path, link):
            assert f"{path} is in use by process {os.getpid()}. Stop it first" in _error(name)
    Writer.open(path).close()


def test_failed_opening_gives_the_lock_back(path: Path) -> None:
    """A newer database that is replaced can be opened by the same process."""
    Writer.open(path).close()
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 99")
    _error(path)
    later.execute("PRAGMA user_version = 1")
    later.close()
    Writer.open(path).close()


def test_lock_dies_with_its_process(path: Path) -> None:
    """A writer that was killed leaves no lock, but a -wal file that is read again."""
    script = (
        "import os, sys; from logdiag.timeline import Writer; from tests.timeline import builders\n"
        "w = Writer.open(sys.argv[1]); w.commit(builders.batch(w.register('app', 'app.log'), 0))\n"
        f"os.kill(os.getpid(), {int(signal.SIGKILL)})"
    )
    child = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert -signal.SIGKILL == child.returncode
    assert path.with_name("timeline.db-wal").stat().st_size > 0
    path.with_name("timeline.db-shm").unlink()
    with Reader.open(path) as reader:
        assert 50 == reader.totals("app").opened
    with Writer.open(path) as writer:
        assert {"batch": 0} == writer.detector_state("app")


def _in_read_only_place(directory: Path, script: str) -> str:
    """What a script prints while `directory` is mounted read-only, for it alone."""
    command = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    if not shutil.which("unshare"):
        pytest.skip("needs unshare")
    if subprocess.run([*_NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs user namespaces")
    arguments = ["sh", str(directory), sys.executable, "-c", script, str(directory)]
    child = subprocess.run(
        [*_NAMESPACE, command, *arguments], check=True, capture_output=True, text=True
    )
    return child.stdout


@pytest.mark.parametrize("exists", [False, True])
def test_read_only_place(path: Path, exists: bool) -> None:
    """Where nothing can be written, the writer says so and names --db."""
    path.parent.mkdir()
    if exists:
        Writer.open(path).close()
    script = (
        "import sys; from logdiag.timeline import Writer\n"
        "try: Writer.open(sys.argv[1] + '/timeline.db')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = _in_read_only_place(path.parent, script)
    assert said.startswith("TimelineError The lock file")
    assert "Read-only file system. Choose another place with --db or LOGDIAG_DB." in said


def test_reading_in_a_read_only_place(path: Path) -> None:
    """A closed database can be read from a medium that cannot be written."""
    with Writer.open(path) as writer:
        writer.commit(builders.batch(writer.register("app", "app.log"), 0))
    script = (
        "import sys; from logdiag.timeline import Reader\n"
        "print(Reader.open(sys.argv[1] + '/timeline.db').totals('app').opened)"
    )
    assert "50\n" == _in_read_only_place(path.parent, script)


def test_nobody_may_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without permission is an error in words, not a trace."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    Writer.open(path).close()
    monkeypatch.setattr(Path, "open", refuse)
    assert f"The database {path} cannot be read: Permission denied." in _error(path, Reader)


def test_a_writer_that_was_killed_is_known_for_it(path: Path) -> None:
    """Its number stays in the lock's file; who closes in peace takes it out."""
    lines = (
        "import sys", "from logdiag.timeline import Writer", "held = Writer.open(sys.argv[1])",
        "print('open', flush=True)", "sys.stdin.read()",
    )  # fmt: skip
    command = [sys.executable, "-c", "\n".join(lines), str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert lock.Holder(process.pid, alive=True) == lock.holder(path)
        process.kill()
    assert lock.Holder(process.pid, alive=False) == lock.holder(path)
    with Writer.open(path):
        assert lock.Holder(os.getpid(), alive=True) == lock.holder(path)
    assert lock.holder(path) is None
