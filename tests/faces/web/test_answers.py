from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Settings
from logdiag.faces.web import database
from logdiag.faces.web.database import Database
from logdiag.faces.web.memory import MOST, REST, BusyError, Memory
from logdiag.timeline import Writer
from tests.faces.filled import SAMPLES, at, leaky, timeline
from tests.faces.web.asking import client, refused, told

STATUS = "/api/v1/status"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Three opened, one closed after 4 s, the others leak; 12:00:00 to 12:00:10."""
    return timeline(tmp_path / "timeline.db", leaky)


@pytest.fixture
def page(db: Path) -> Client:
    """The page about it."""
    return client(db)


@pytest.fixture
def read(tmp_path: Path) -> tuple[Path, Client]:
    """A log that was read, in a file that can be changed, and the page about it."""
    log = tmp_path / "logs" / "app.log"
    log.parent.mkdir()
    log.write_bytes((SAMPLES / "node-leaky.log").read_bytes())
    ingest([str(log)], tmp_path / "read.db", Settings())
    return log, client(tmp_path / "read.db")


# Charts and lanes


def test_live_connections_and_what_marks_them(page: Client) -> None:
    """Counts at the right seconds, the finding from when it was suspected."""
    live = told(page, "/live", service="app", width=11)
    assert [0, 1, 2, 3, 3, 3, 3, 2, 2, 2, 2] == live["last"]
    assert [1, *[0] * 9, 1] == live["auth_failures"]
    assert [("f1", at(1) // 10**6, None)] == [
        (one["id"], one["from"], one["to"]) for one in live["findings"]
    ]
    assert [[at(1) // 10**6, None]] == live["marked"]


def test_lanes_come_by_suspicion_with_their_bars(page: Client) -> None:
    """The leaking ones are said to leak; nobody knows whose they are."""
    answer = told(page, "/lanes", service="app")
    (lane,) = answer["lanes"]
    assert (None, "unknown client", 3, 2, 2, ["f1"]) == (
        lane["key"], lane["label"], lane["connections"], lane["live"], lane["leaked"],
        lane["findings"],
    )  # fmt: skip
    assert [("c1", "leaked", None), ("c2", "leaked", None), ("c3", "closed", at(7) // 10**6)] == [
        (bar["name"], bar["state"], bar["to"]) for bar in lane["bars"]
    ]
    assert [0, 1, 2] == [bar["row"] for bar in lane["bars"]]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 3), ({"q": "C3"}, 1), ({"q": "nothing"}, 0), ({"state": "leaked"}, 2),
        ({"rule": "some-rule"}, 2), ({"rule": "other"}, 0), ({"finding": "f1"}, 2),
        ({"finding": "f1", "q": "c2"}, 1), ({"from": at(8) // 10**6}, 2),
        ({"to": at(2) // 10**6}, 1),
    ],
)  # fmt: skip
def test_lanes_are_narrowed(page: Client, filters: dict[str, Any], expected: int) -> None:
    """By words, state, rule, finding and time; by all of them at once."""
    lanes = told(page, "/lanes", service="app", **filters)["lanes"]
    assert expected == sum(lane["connections"] for lane in lanes)


def test_lanes_have_pages(read: tuple[Path, Client]) -> None:
    """Each lane is on one of them; the last has no next one."""
    first = told(read[1], "/lanes", service="app", by="path", size=1)
    seen = len(first["lanes"])
    while first["next"]:
        first = read[1].get(first["next"]).json
        seen += len(first["lanes"])
    assert first["lanes_total"] == seen


# One connection, one finding


def test_a_connection_has_its_steps_and_findings(page: Client) -> None:
    """In the order of its life, with the state that the finding makes of it."""
    one = told(page, "/connection", service="app", number=1)
    assert ("leaked", "open", "c1", ["f1"]) == (
        one["state"], one["raw_state"], one["name"], [each["id"] for each in one["findings"]]
    )  # fmt: skip
    assert [("open", 1)] == [(step["state"], step["live"]) for step in one["transitions"]]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/connection?service=app&number=99", 404, "'app' has no connection number 99."),
        ("/finding?service=app&id=x", 404, "'app' has no finding 'x'."),
        ("/live?service=x", 404, "There is no service 'x' in this database."),
        ("/live", 400, "service is missing."),
        ("/live?service=app&width=9", 400, "width='9' does not fit."),
        ("/live?service=app&widht=100", 400, "There is no parameter 'widht' here."),
        ("/live?service=app&from=5&to=5", 400, "from=5 is not before to=5."),
        ("/live?service=app&service=app", 400, "service is there 2 times."),
        ("/lanes?service=app&by=colour", 400, "by='colour' is unknown."),
        ("/report?since=soon", 400, "--since: 'soon' is no time."),
    ],
)
def test_what_cannot_be_answered_is_told(page: Client, path: str, status: int, words: str) -> None:
    """As a problem, with what is wrong."""
    assert (status, words) == refused(page.get(f"/api/v1{path}"))


def test_evidence_stands_among_the_lines_of_its_file(read: tuple[Path, Client]) -> None:
    """As long as the file is what was read; else among the events that are stored."""
    log, page = read
    (first, *_) = told(page, "/findings")["findings"]
    before = told(page, "/finding", service="app", id=first["id"])
    lines = log.read_text().splitlines()
    for line in before["evidence"]:
        assert "file" == line["context"]["origin"]
        for near in line["context"]["before"] + line["context"]["after"]:
            assert lines[near["line"] - 1] == near["text"]
    log.write_text("another file by now\n" * 100)
    after = Client.get(page, "/api/v1/finding", query_string={"service": "app", "id": first["id"]})
    assert after.json is not None
    # nothing was committed: the answer is the one that was given before
    assert before["evidence"] == after.json["evidence"]
    fresh = client(log.parent.parent / "read.db")
    again = told(fresh, "/finding", service="app", id=first["id"])
    assert {"events"} == {line["context"]["origin"] for line in again["evidence"]}


def test_lines_that_nobody_knew_are_shown_without_their_secrets(tmp_path: Path) -> None:
    """With their numbers in the file."""
    log = tmp_path / "app.log"
    sample = (SAMPLES / "node-leaky.log").read_text()
    log.write_text(sample + "info: something else token=s3cr3tvalue <b>\n")
    ingest([str(log)], tmp_path / "t.db", Settings())
    page = client(tmp_path / "t.db")
    (source,) = told(page, "/sources")["sources"]
    assert (log.stat().st_size, 0) == (source["size"], source["behind"])
    last = told(page, "/unknown", source=source["id"])["lines"][-1]
    assert (sample.count("\n") + 1, "info: something else token=[redacted] <b>") == (
        last["line"], last["text"]
    )  # fmt: skip


# What is new


def test_nothing_new_is_an_empty_answer(page: Client) -> None:
    """The ETag of an answer makes the next one a 304; HEAD has the same headers."""
    for path in (STATUS, "/api/v1/live?service=app", "/api/v1/openapi.json"):
        first = page.get(path)
        again = page.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (200, 304, b"") == (first.status_code, again.status_code, again.data)
        assert first.headers["ETag"] == page.head(path).headers["ETag"]


def test_a_commit_is_another_version(db: Path) -> None:
    """Told no later than a version is believed, and only when something was committed."""
    now = [0.0]
    seen = Database(db, clock=lambda: now[0])
    first = seen.version()
    timeline(db, leaky, "other")
    assert first == seen.version()
    now[0] += database.FRESH
    second = seen.version()
    assert first != second
    now[0] += database.FRESH
    assert second == seen.version()


def test_a_writer_that_comes_or_goes_is_another_version(db: Path) -> None:
    """So whoever polls hears that nobody follows the logs any more."""
    now = [0.0]
    seen = Database(db, clock=lambda: now[0])
    versions, writers = [seen.version()], [seen.writer()]
    with Writer.open(db):
        now[0] += 1
        versions.append(seen.version())
        writers.append(seen.writer())
    now[0] += 1
    versions.append(seen.version())
    writers.append(seen.writer())
    assert 3 == len(set(versions))
    assert [False, True, False] == [writer is not None for writer in writers]


def test_a_database_that_was_replaced_is_read_anew(db: Path) -> None:
    """The page goes on with the new one; while there is none it says so."""
    page = client(db)
    assert ["app"] == told(page, "/status")["services"]
    for name in (db.name, f"{db.name}-wal", f"{db.name}-shm"):
        db.with_name(name).unlink(missing_ok=True)
    status, words = refused(client(db).get(STATUS))
    assert (503, f"There is no database at {db}.") == (status, words)
    timeline(db, leaky, "new")
    assert ["new"] == told(client(db), "/status")["services"]


def test_what_many_ask_at_once_is_made_once() -> None:
    """For each version; what was not asked for long is forgotten."""
    memory, made = Memory(), []

    def make() -> str:
        made.append(len(made))
        return f"answer {len(made)}"

    threads = [threading.Thread(target=memory.get, args=("/a", "1", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ("answer 1", "1") == memory.get("/a", "1", make)
    assert ("answer 2", "2") == memory.get("/a", "2", make)
    for number in range(MOST):
        memory.get(f"/{number}", "2", lambda: "other")
    assert ("answer 3", "2") == memory.get("/a", "2", make)


def test_nobody_waits_for_a_search() -> None:
    """While one looks through all connections, other answers are made."""
    memory, searching, found = Memory(), threading.Event(), threading.Event()

    def search() -> str:
        searching.set()
        found.wait(20)
        return "found"

    asked = threading.Thread(target=lambda: memory.get("?q=x", "1", search, search=True))
    asked.start()
    searching.wait(20)
    assert "other" == memory.get("/live", "1", lambda: "other").text
    assert asked.is_alive()
    found.set()
    asked.join(20)


def test_nobody_waits_for_what_takes_long() -> None:
    """Who comes meanwhile gets the answer from before, or is told; and it rests afterwards."""
    now = [0.0]
    memory = Memory(clock=lambda: now[0])
    seen: list[object] = []

    def long() -> str:
        now[0] += 10
        with pytest.raises(BusyError):
            memory.get_slow("/other", "1", long)
        seen.append(memory.get("/quick", "1", lambda: "quick").text)
        return f"answer {now[0]:.0f}"

    assert ("answer 10", "1") == memory.get_slow("/long", "1", long)
    assert ("answer 10", "1") == memory.get_slow("/long", "2", long)
    now[0] += 10 * REST
    assert ("answer 70", "2") == memory.get_slow("/long", "2", long)
    assert ["quick", "quick"] == seen
