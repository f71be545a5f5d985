from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.faces.filled import SAMPLES, leaky, timeline
from tests.faces.running import run, start

STATUS = "/api/v1/status"


@contextmanager
def serving(*args: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that serves the page on a free port, and the address it prints first."""
    process = start(*args, "--port", "0")
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(r"http://\S+", first)
        assert found, first + (process.stderr.read() if process.stderr else "")
        yield process, found[0]
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def fetch(url: str, **headers: str) -> tuple[int, Any]:
    """The status and the JSON that an address answers with."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_web_serves_the_database_and_stops_in_order(tmp_path: Path) -> None:
    """On this machine no token is needed; SIGTERM ends it with 0."""
    db = timeline(tmp_path / "timeline.db", leaky)
    with serving("web", "--db", db) as (process, url):
        status, told = fetch(url.rstrip("/") + STATUS)
        assert (200, ["app"], False) == (status, told["services"], told["writer"]["alive"])
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(20)


def test_elsewhere_a_token_is_printed_and_needed(tmp_path: Path) -> None:
    """A page that others can reach answers only who knows the token."""
    db = timeline(tmp_path / "timeline.db", leaky)
    with serving("web", "--db", db, "--host", "0.0.0.0") as (_, url):
        address = urlsplit(url)
        (token,) = parse_qs(address.query)["token"]
        here = f"http://127.0.0.1:{address.port}{STATUS}"
        assert 401 == fetch(here)[0]
        assert 200 == fetch(here, Authorization=f"Bearer {token}")[0]


def test_watch_shows_the_page_beside_its_work(tmp_path: Path) -> None:
    """The page says that the logs are followed, and by whom; it ends with the watch."""
    log = tmp_path / "app.log"
    log.write_bytes((SAMPLES / "node-leaky.log").read_bytes())
    db = tmp_path / "timeline.db"
    with serving("watch", log, "--db", db, "--web") as (process, url):
        assert process.stdout is not None
        assert "Watching" in process.stdout.readline()
        status, told = fetch(url.rstrip("/") + STATUS)
        known = {"alive": True, "lost": False, "pid": process.pid}
        assert (200, known) == (status, told["writer"])
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(20)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """Which one, and what to do."""
    db = timeline(tmp_path / "timeline.db", leaky)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("web", "--db", db, "--port", str(port))
    assert 3 == result.exit_code
    assert f"127.0.0.1 port {port} cannot be used: Address already in use." in result.stderr


def test_what_is_no_database_of_ours_is_told(tmp_path: Path) -> None:
    """It is said at the start, not in the browser."""
    (tmp_path / "notes.txt").write_text("no database at all")
    result = run("web", "--db", tmp_path / "notes.txt")
    assert 3 == result.exit_code
    assert "is not a database; it is left as it is." in result.stderr


def test_web_waits_for_a_database_that_is_about_to_be_made(tmp_path: Path) -> None:
    """Started together with a first watch it says that there is none yet, and then shows it."""
    db = tmp_path / "timeline.db"
    with serving("web", "--db", db) as (process, url):
        assert process.stdout is not None
        assert f"There is no database at {db}. The page" in process.stdout.readline()
        assert 503 == fetch(url.rstrip("/") + STATUS)[0]
        timeline(db, leaky)
        assert ["app"] == fetch(url.rstrip("/") + STATUS)[1]["services"]
