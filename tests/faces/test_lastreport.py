from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from logdiag.faces.lastreport import MOST_REMEMBERED, LastReport, recall, remember
from logdiag.model import Changes, Source
from logdiag.timeline import Batch, Writer
from tests.faces.filled import at, batch, connection, event, finding, invalid, leaky, timeline
from tests.faces.running import run


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A database with one firing finding."""
    return timeline(tmp_path / "t.db", leaky)


def state() -> Path:
    """Where this user's reports are remembered."""
    return Path(platformdirs.user_state_dir("logdiag", appauthor=False)) / "reports"


def report(db: Path, *options: str) -> dict[str, Any]:
    """The document of a report, valid by its schema."""
    told: dict[str, Any] = json.loads(
        run("report", "--db", db, "--format", "json", *options).stdout
    )
    assert [] == invalid(told)
    return told


def news(db: Path, *options: str) -> list[bool]:
    """Of each finding whether it is new."""
    return [one["new"] for one in report(db, *options)["findings"]]


def again(db: Path) -> None:
    """The finding is over, and fires once more; another service has its own."""
    with Writer.open(db) as writer:
        source, other = Source(1, "app", "app.log"), writer.register("other", "other.log")
        over = finding(source, state="resolved", resolved_at=at(60), note="closed late after 55 s")
        anew = finding(source, count=2, pending_at=at(100), fired_at=at(190))
        writer.commit(Batch(changes={"app": Changes(findings=[over, anew])}))
        fresh = finding(other, fingerprint="f2", evidence=())
        writer.commit(batch(other, [event(other, 1)], [connection(other, 1)], [fresh]))


def test_what_fired_since_the_last_report_is_new(db: Path) -> None:
    """All at first, then nothing, then what fired again and what fired for the first time."""
    assert ([True], [False]) == (news(db), news(db))
    again(db)
    assert ([True, True], [False, False]) == (news(db), news(db))


def test_a_report_on_one_service_leaves_the_others_new(db: Path) -> None:
    """Only what was shown was told."""
    again(db)
    report(db, "--service", "app")
    assert {"app": False, "other": True} == {
        one["service"]: one["new"] for one in report(db)["findings"]
    }


def test_a_peek_leaves_what_is_new(db: Path) -> None:
    """With --peek the report is not counted as one."""
    assert [True] == news(db, "--peek") == news(db) != news(db, "--peek") == news(db)


def test_a_suspicion_is_no_news() -> None:
    """It is when it fires."""
    last = LastReport(0)
    source = Source(1, "app", "app.log")
    assert not last.is_news(finding(source, state="pending"))
    assert last.is_news(finding(source, state="resolved"))


def test_the_text_marks_what_is_new(db: Path) -> None:
    """A word before the title, a line on top, and the episodes before; nothing at first."""
    first, second = (run("report", "--db", db).stdout for _ in range(2))
    assert "NEW" not in first
    assert "last report" not in first
    assert ": nothing new\n" in second
    again(db)
    third = run("report", "--db", db).stdout
    assert ": 2 new findings\n" in third
    assert "1. NEW  Something leaks\n" in third
    assert (
        "Before     2025-11-20 12:00:05Z until 2025-11-20 12:01:00Z: 2 connections,\n"
        "              closed late after 55 s\n"
    ) in third


def test_first_and_last_seen_span_all_episodes(db: Path) -> None:
    """From the first suspicion to the end of the data, while it fires."""
    again(db)
    told = next(one for one in report(db)["findings"] if one["service"] == "app")
    assert ("2025-11-20T12:00:01Z", "2025-11-20T12:00:10Z", 2) == (
        told["first_seen"], told["last_seen"], told["count"],
    )  # fmt: skip
    assert [(1, "closed late after 55 s", 2)] == [
        (one["count"], one["note"], len(one["evidence"])) for one in told["earlier"]
    ]


def test_where_nothing_can_be_remembered_it_reports_all_the_same(db: Path) -> None:
    """Each report is a first one then."""
    shutil.rmtree(state().parent, ignore_errors=True)
    state().parent.write_text("a file where a directory should be")
    assert [True] == news(db) == news(db)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"at": 1, "counts": 7}', '{"counts": {}}'])
def test_a_damaged_memory_is_none(db: Path, damage: str) -> None:
    """The next report is a first one again, and mends it."""
    report(db)
    (file,) = state().iterdir()
    file.write_text(damage)
    assert recall(db) is None
    assert ([True], [False]) == (news(db), news(db))


def test_what_is_remembered_is_bounded(db: Path) -> None:
    """The findings that were told last stay."""
    told = [{"fingerprint": str(n), "count": 1, "state": "firing"} for n in range(20_000)]
    remember(db, LastReport(0, {"old": 1}).then(5, told))
    last = recall(db)
    assert last is not None
    assert (5, MOST_REMEMBERED, "19999") == (last.at, len(last.counts), list(last.counts)[-1])
