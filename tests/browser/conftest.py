"""One browser for the session, and one server for each timeline."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Settings
from logdiag.faces.web.serving import Place, Server
from logdiag.timeline import Writer
from tests.browser.hostile import write_hostile
from tests.browser.visiting import FLAGS, TIMEOUT, Visit, visit
from tests.faces.filled import SAMPLES
from tests.faces.running import run

expect.set_options(timeout=TIMEOUT)

Visitor = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium: what Playwright would download itself is not asked for."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is missing. Try: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Starts a server for a timeline and gives its address; all stop in the end."""
    with ExitStack() as stack:

        def start(db: Path) -> str:
            server = Server(db, Settings(), Place(port=0))
            stack.enter_context(server.beside())
            return server.url.rstrip("/")

        yield start


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]) -> str:
    """A server that shows all sample logs."""
    db = tmp_path_factory.mktemp("samples") / "timeline.db"
    ingest([str(path) for path in sorted(SAMPLES.glob("*.log"))], db, Settings())
    return serve(db)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]) -> str:
    """A server that shows a log whose every field is an attack."""
    folder = tmp_path_factory.mktemp("hostile")
    return serve(write_hostile(folder))


@pytest.fixture
def empty(tmp_path: Path, serve: Callable[[Path], str]) -> str:
    """A server that has nothing to show yet."""
    db = tmp_path / "timeline.db"
    Writer.open(db).close()
    return serve(db)


@pytest.fixture
def open_window(browser: Browser) -> Visitor:
    """`open_window(base, **options)`: a fresh window, with whatever goes wrong noted."""

    def start(base: str, **options: Any) -> AbstractContextManager[Visit]:
        return visit(browser, base, **options)

    return start


@pytest.fixture
def report(tmp_path: Path) -> Callable[[Path], str]:
    """Writes the report of a timeline as one file, and gives its address."""

    def write(db: Path) -> str:
        page = tmp_path / "leak.html"
        run("report", "--db", db, "--format", "html", "-o", page)
        return page.as_uri()

    return write
