from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.engines.lines import leak, opened
from tests.engines.running import append
from tests.faces.running import start


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log in which a leak has begun."""
    path = tmp_path / "app.log"
    path.write_bytes(leak())
    return path


@contextmanager
def following(log: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that watches the log, and what it said when it had begun."""
    process = start("watch", log, "--db", log.with_name("timeline.db"), *options)
    with process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


def test_a_killed_daemon_is_said(
    open_window: Visitor, log: Path, serve: Callable[[Path], str]
) -> None:
    """The page shows what was known, and what to do; a new daemon takes the banner away."""
    with following(log) as (process, _), open_window(serve(log.with_name("timeline.db"))) as seen:
        seen.open("/")
        expect(seen.page.get_by_role("status")).to_have_text("Live")
        process.kill()  # kill -9: it says nothing itself
        banner = seen.page.get_by_role("alert")
        expect(banner).to_contain_text("Nobody follows the logs any more.")
        expect(banner).to_contain_text("Start logdiag watch again; it goes on where it stopped.")
        expect(seen.page.get_by_role("status")).to_have_text("Not followed")
        expect(seen.page.locator(".tiles")).to_be_visible()
        process.wait()
        with following(log):
            expect(banner).to_have_count(0)
            expect(seen.page.get_by_role("status")).to_have_text("Live")
            assert [] == seen.troubles()


def test_a_page_that_is_opened_later_knows_of_a_killed_daemon(
    open_window: Visitor, log: Path, serve: Callable[[Path], str]
) -> None:
    """It names the process and when it last wrote; one that was stopped is not missed."""
    with following(log) as (process, _):
        process.kill()  # kill -9
        process.wait()
    with open_window(serve(log.with_name("timeline.db"))) as seen:
        seen.open("/")
        banner = seen.page.get_by_role("alert")
        expect(banner).to_contain_text(f"Process {process.pid} was killed or crashed;")
        expect(banner.locator("time")).to_have_attribute("title", re.compile("UTC"))
        expect(seen.page.get_by_role("status")).to_have_text("Not followed")
        with following(log) as (again, _):
            expect(banner).to_have_count(0)
            again.terminate()
            again.wait()
            expect(seen.page.get_by_role("status")).to_have_text("Not followed")
        seen.open("/")
        expect(seen.page.get_by_role("status")).to_have_text("Not followed")
        expect(banner).to_have_count(0)
        assert [] == seen.troubles()


def test_a_killed_page_and_daemon_in_one_is_said(open_window: Visitor, log: Path) -> None:
    """Nobody answers any more: the page says so, keeps what it shows, and names both commands."""
    with following(log, "--web", "--port", "0") as (process, said):
        base = said.split()[4].rstrip("/")  # The page is at http://... (Ctrl-C stops).
        with open_window(base) as seen:
            seen.open("/")
            expect(seen.page.locator(".tiles")).to_be_visible()
            process.kill()
            banner = seen.page.get_by_role("alert")
            expect(banner).to_contain_text("logdiag does not answer. This is what was known at")
            expect(banner).to_contain_text("Start logdiag web or logdiag watch --web again")
            expect(seen.page.get_by_role("status")).to_have_text("No answer")
            expect(seen.page.locator(".tiles")).to_be_visible()


def test_news_does_not_flicker(
    open_window: Visitor, log: Path, serve: Callable[[Path], str]
) -> None:
    """What stands on the page stays the same elements while numbers in it change."""
    watched = "main h1, #verdicts > *, .tiles, .tile, .panels, .panels > *, section"
    with following(log), open_window(serve(log.with_name("timeline.db"))) as seen:
        seen.open("/")
        expect(seen.page.locator(".bk-Column")).to_have_count(1)
        opened_tile = seen.page.locator(".tile").filter(
            has=seen.page.get_by_text("opened", exact=True)
        )
        expect(opened_tile).to_contain_text("4")
        seen.page.evaluate(
            "watched => document.querySelectorAll(watched).forEach(one => { one.same = true; })",
            watched,
        )
        append(log, opened("more", 5, 5))
        expect(opened_tile).to_contain_text("5")
        assert [] == seen.page.evaluate(
            "watched => [...document.querySelectorAll(watched)].filter(one => !one.same)"
            ".map(one => one.className)",
            watched,
        )
