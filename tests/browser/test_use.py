from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Settings
from logdiag.faces.web.serving import Place, Server
from tests.browser.conftest import Visitor
from tests.engines.lines import opened
from tests.engines.running import Watch, append
from tests.faces.filled import SAMPLES

LEAKY = "/timeline?service=uvicorn-leaky"


def test_the_skip_link_leads_to_the_content(open_window: Visitor, samples: str) -> None:
    """The first key press finds it, the second is in the content."""
    with open_window(samples) as visited:
        visited.open("/")
        visited.page.keyboard.press("Tab")
        expect(visited.page.locator(".skip")).to_be_focused()
        visited.page.keyboard.press("Enter")
        expect(visited.page.locator("main")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/?service=node-leaky", LEAKY])
def test_each_stop_of_the_tab_key_has_a_name_and_is_seen(
    open_window: Visitor, samples: str, path: str
) -> None:
    """Nobody who tabs through a page gets lost in a chart."""
    with open_window(samples) as visited:
        visited.open(path)
        visited.page.locator(".bk-Column").first.wait_for()
        stops: list[str] = []
        while (stop := _next_stop(visited.page)) and len(stops) < 100:
            stops.append(stop)
        assert len(stops) > 10
        assert [] == [stop for stop in stops if stop.startswith("lost")]


def _next_stop(page: Page) -> str:
    """Where the Tab key leads: "" after the last, `lost` where nobody can tell."""
    page.keyboard.press("Tab")
    found: str = page.evaluate(
        """() => {
          const one = document.activeElement;
          if (!one || one === document.body) return "";
          const name = one.getAttribute("aria-label") || one.textContent || one.name;
          const outline = getComputedStyle(one).outlineStyle !== "none";
          return (name && outline ? "found " : "lost ") + one.outerHTML.slice(0, 80);
        }"""
    )
    return found


def test_keys_walk_along_a_lane_and_open_a_connection(open_window: Visitor, samples: str) -> None:
    """Tab reaches a lane once, arrows its bars, Enter opens the connection that has the focus."""
    with open_window(samples) as visited:
        visited.open(LEAKY)
        bars = visited.page.locator(".lane").first.locator("svg a")
        bars.first.focus()
        visited.page.keyboard.press("ArrowRight")
        expect(bars.nth(1)).to_be_focused()
        assert ["-1", "0"] == [bars.nth(n).get_attribute("tabindex") for n in (0, 1)]
        visited.page.keyboard.press("Enter")
        expect(visited.page.locator("h1")).to_contain_text("Connection 1")


def test_search_and_filters_live_in_the_address(open_window: Visitor, samples: str) -> None:
    """What one looks for narrows the lanes, and the address shows the same to someone else."""
    with open_window(samples) as visited:
        visited.open(LEAKY)
        bars = visited.page.locator(".lane svg a")
        expect(bars).to_have_count(32)
        visited.page.get_by_label("Search").fill("127.0.0.3")
        expect(bars).to_have_count(5)
        visited.page.reload()
        expect(bars).to_have_count(5)
        expect(visited.page.get_by_label("Search")).to_have_value("127.0.0.3")


def test_a_search_without_hits_can_be_undone(open_window: Visitor, samples: str) -> None:
    """The page says what to search for, and one button shows everything again."""
    with open_window(samples) as visited:
        visited.open(f"{LEAKY}&q=nobody-at-all")
        expect(visited.page.locator(".empty")).to_contain_text("No connection matches")
        visited.page.get_by_role("button", name="Show everything").click()
        expect(visited.page.locator(".lane").first).to_be_visible()


def test_zooming_moves_all_panels_and_pauses(open_window: Visitor, samples: str) -> None:
    """The window is in the address; the page stands still until one resumes."""
    with open_window(samples) as visited:
        visited.open("/?service=node-leaky")
        visited.page.get_by_role("button", name="Zoom in").click()
        expect(visited.page.locator("#live")).to_contain_text("Paused")
        assert "from=" in visited.page.url
        visited.page.get_by_role("button", name="Resume").click()
        expect(visited.page.locator("#live")).not_to_contain_text("Paused")
        assert "from=" not in visited.page.url
        assert [] == visited.complaints


def test_a_window_that_was_sent_is_shown(open_window: Visitor, samples: str) -> None:
    """Who opens an address with a window in it sees that window, standing still."""
    with open_window(samples) as visited:
        visited.open(LEAKY)
        visited.page.get_by_role("button", name="Zoom in").click()
        expect(visited.page.locator("#live")).to_contain_text("Paused")
        sent, shown = visited.page.url, visited.text(".chart-head [role=status]")
        visited.open(sent.removeprefix(samples))
        expect(visited.page.locator(".chart-head [role=status]")).to_have_text(shown)
        expect(visited.page.locator("#live")).to_contain_text("Paused")


def test_dragging_across_a_chart_zooms_in(open_window: Visitor, samples: str) -> None:
    """A span that is dragged in one panel becomes the window of all."""
    with open_window(samples) as visited:
        visited.open("/?service=node-leaky")
        panel = visited.page.locator(".panels")
        panel.scroll_into_view_if_needed()
        box = panel.bounding_box()
        assert box is not None
        visited.page.mouse.move(box["x"] + 300, box["y"] + 80)
        visited.page.mouse.down()
        visited.page.mouse.move(box["x"] + 500, box["y"] + 90, steps=4)
        visited.page.mouse.up()
        expect(visited.page.locator("#live")).to_contain_text("Paused")
        assert "from=" in visited.page.url


def test_new_events_appear_by_themselves(
    open_window: Visitor, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """What is read meanwhile is shown, without a reload: the page's own marks stay."""
    log, db = tmp_path / "app.log", tmp_path / "timeline.db"
    lines = (SAMPLES / "node-leaky.log").read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:40]))
    ingest([str(log)], db, Settings())
    with open_window(serve(db)) as visited:
        visited.open("/")
        opened = visited.page.locator(".tile", has_text="opened").filter(has_not_text="less")
        before = opened.inner_text()
        visited.page.evaluate("document.querySelector('h1').dataset.mark = 'kept'")
        log.write_bytes(b"".join(lines))
        ingest([str(log)], db, Settings())
        expect(opened).to_contain_text("27")
        assert before != opened.inner_text()
        expect(visited.page.locator("h1[data-mark=kept]")).to_have_count(1)
        assert [] == visited.complaints


def test_a_line_is_seen_before_it_is_judged(
    open_window: Visitor, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """It still waits to be put in order with other logs, and is in the numbers and the lanes."""
    log = tmp_path / "app.log"
    append(log, opened("c1") + opened("c2", 1, 2))
    watch = Watch([log], tmp_path / "timeline.db").step(0).step(9)
    base = serve(watch.db)
    with open_window(base) as numbers, open_window(base) as lanes:
        numbers.open("/")
        lanes.open("/timeline")
        expect(numbers.page.locator(".tiles")).to_contain_text("2")
        append(log, opened("c3", 2, 3))
        watch.step(0)
        tile = numbers.page.locator(".tile").filter(
            has=numbers.page.get_by_text("opened", exact=True)
        )
        expect(tile).to_contain_text("3")
        expect(lanes.page.locator(".lane title", has_text="c3, open")).to_have_count(1)
        assert [] == numbers.complaints + lanes.complaints
    watch.kill()


def test_while_paused_nothing_moves(
    open_window: Visitor, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """Newer data is told, not shown, until one resumes."""
    log, db = tmp_path / "app.log", tmp_path / "timeline.db"
    lines = (SAMPLES / "node-leaky.log").read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:40]))
    ingest([str(log)], db, Settings())
    with open_window(serve(db)) as visited:
        visited.open("/")
        before = visited.text(".tiles")
        visited.page.get_by_role("button", name="Pause").click()
        log.write_bytes(b"".join(lines))
        ingest([str(log)], db, Settings())
        expect(visited.page.locator("#live")).to_contain_text("newer data is there")
        assert before == visited.text(".tiles")
        visited.page.get_by_role("button", name="Resume").click()
        expect(visited.page.locator(".tiles")).to_contain_text("27")


def test_a_page_without_a_database_fills_itself(
    open_window: Visitor, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """It says that there is none, and what to do; once there is one it shows that."""
    db = tmp_path / "timeline.db"
    with open_window(serve(db)) as visited:
        visited.open("/")
        expect(visited.page.get_by_role("alert")).to_contain_text("There is no database at")
        expect(visited.page.get_by_role("alert")).to_contain_text("logdiag watch PATH")
        ingest([str(SAMPLES / "seed.log")], db, Settings())
        expect(visited.page.locator(".verdict")).to_contain_text("seed")
        expect(visited.page.get_by_role("alert")).to_have_count(0)


def test_a_lost_server_is_said_and_found_again(open_window: Visitor, tmp_path: Path) -> None:
    """A banner says what was lost and what to do; it goes when the server is back."""
    db = tmp_path / "timeline.db"
    ingest([str(SAMPLES / "seed.log")], db, Settings())
    first = Server(db, Settings(), Place(port=0))
    with first.beside():
        base = first.url.rstrip("/")
        context = open_window(base)
        visited = context.__enter__()
        visited.open("/")
    expect(visited.page.get_by_role("alert")).to_contain_text("logdiag does not answer")
    assert "leak" in visited.text().lower()
    with Server(db, Settings(), Place(port=first.port)).beside():
        expect(visited.page.get_by_role("alert")).to_have_count(0)
    context.__exit__(None, None, None)
