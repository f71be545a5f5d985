from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Settings
from logdiag.model import Source
from logdiag.timeline import Batch
from tests.engines.lines import closed, leak, leak_over, opened, refused
from tests.faces.filled import at, batch, connection, event, finding, timeline
from tests.faces.web.asking import client, told

OVER = leak() + leak_over(300)  # at 00:05:03
CAME_BACK = leak(2_000).replace(b"connection c", b"connection d")


def found(folder: Path, log: bytes) -> Any:
    """What the API says about the only finding of a log."""
    file, db = folder / "app.log", folder / "timeline.db"
    file.write_bytes(log)
    ingest([str(file)], db, Settings())
    page = client(db)
    (one,) = [
        each for each in told(page, "/findings")["findings"] if each["rule"] == "auth-loading-race"
    ]
    return told(page, "/finding", service="app", id=one["id"])


def test_what_changed_since_it_was_over(tmp_path: Path) -> None:
    """Counted from the moment after its end to the log's: what it named, what lives, what came."""
    log = OVER + opened("v1", 400) + opened("v2", 410, 2) + refused(420) + closed("v1", 430, 1)
    since = found(tmp_path, log + opened("late", 600, 2))["since_resolved"]
    assert {
        "resolved_at": "2026-11-23T00:05:03Z", "seconds": pytest.approx(297, abs=0.01),
        "opened": 3, "closed": 1, "rejected": 0, "auth_failures": 1, "live_then": 0,
        "live_now": 2, "named": 4, "named_live": 0, "findings": [],
    } == since  # fmt: skip


def test_what_began_since_is_named(tmp_path: Path) -> None:
    """Another finding after it is told with its title, and how bad it is; not one from before."""

    def fill(source: Source) -> Batch:
        lives = [connection(source, 1), connection(source, 2)]
        events = [event(source, number) for number in (1, 2, 9)]
        over = finding(source, state="resolved", resolved_at=at(6))
        before = finding(source, fingerprint="f2", pending_at=at(5))
        after = finding(source, fingerprint="f3", title="Another leak", pending_at=at(8))
        return batch(source, events, lives, [over, before, after])

    page = client(timeline(tmp_path / "timeline.db", fill))
    since = told(page, "/finding", service="app", id="f1")["since_resolved"]
    assert [("f3", "Another leak", "high", "firing")] == [
        (one["id"], one["title"], one["level"], one["state"]) for one in since["findings"]
    ]
    assert (2, 2) == (since["named"], since["named_live"])


def test_a_leak_that_came_back_is_not_over(tmp_path: Path) -> None:
    """The same finding fires again; what it was before is told with it."""
    answer = found(tmp_path, OVER + CAME_BACK + opened("x", 2_400, 5))
    assert (None, 2, "firing") == (
        answer["since_resolved"], answer["finding"]["count"], answer["finding"]["state"]
    )  # fmt: skip
    assert ["2026-11-23T00:05:03Z"] == [
        each["resolved_at"] for each in answer["finding"]["earlier"]
    ]
