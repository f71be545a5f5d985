"""Hints from the kernel. Each wait ends with its event; the time limit only bounds a failure."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from logdiag.tailing import Watcher, targets
from tests.tailing.following import append

LIMIT = 10.0  # seconds


def test_wakes(tmp_path: Path) -> None:
    """Growth, new files, renames and files in directories that come later end the wait."""
    log = tmp_path / "app.log"
    append(log, "one\n")
    watcher = Watcher(targets([str(tmp_path)]))
    append(log, "two\n")
    assert watcher.wait(LIMIT)
    log.rename(tmp_path / "app.log.1")
    assert watcher.wait(LIMIT)
    (tmp_path / "sub").mkdir()
    assert watcher.wait(LIMIT)
    append(tmp_path / "sub" / "new.log", "three\n")
    assert watcher.wait(LIMIT)
    watcher.close()


def test_file_that_appears(tmp_path: Path) -> None:
    """A file given before it exists is noticed."""
    watcher = Watcher(targets([f"{tmp_path}/app.log"], may_appear=True))
    append(tmp_path / "app.log", "one\n")
    assert watcher.wait(LIMIT)
    watcher.close()


def test_hints_are_one(tmp_path: Path) -> None:
    """Hints since the last wait are one; without any the wait ends by itself."""
    watcher = Watcher(targets(["-"]))
    watcher.wake()
    watcher.wake()
    assert [True, False] == [watcher.wait(0), watcher.wait(0)]
    watcher.close()


def test_without_inotify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit of inotify it says so, and the sweep does the work."""
    from watchdog.observers.api import BaseObserver

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(BaseObserver, "schedule", full)
    threads = threading.active_count()
    watcher = Watcher(targets([str(tmp_path)]))
    assert 1 == len(watcher.notices)
    assert "inotify watch limit reached" in watcher.notices[0].what
    assert (threads, False) == (threading.active_count(), watcher.wait(0))


def test_reading_is_no_hint(tmp_path: Path) -> None:
    """Our own opening and reading does not wake us."""
    log = tmp_path / "app.log"
    append(log, "one\n")
    watcher = Watcher(targets([str(tmp_path)]))
    os.close(os.open(log, os.O_RDONLY))
    append(tmp_path / "end.log", "this event comes after any of the reading\n")
    assert watcher.wait(LIMIT)
    watcher.close()
