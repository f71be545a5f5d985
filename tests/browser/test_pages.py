from __future__ import annotations

from pathlib import Path

import pytest

from logdiag.engines.settings import Settings
from logdiag.faces.web.serving import Place, Server
from tests.browser.conftest import Visitor
from tests.browser.visiting import Visit, answer, encoded

PAGES = ("overview", "service", "timeline", "finding", "connection", "rules", "sources")
SEEN = {  # what a reader must find on each page of the samples
    "overview": "of 9 services are leaking", "service": "What to do",
    "timeline": "connections of", "finding": "The lines that prove it",
    "connection": "Its life, step by step", "rules": "auth-loading-race",
    "sources": "node-leaky.log",
}  # fmt: skip


def address(visited: Visit, name: str) -> str:
    """The address of a page about the first finding there is, and its first connection."""
    if name in ("overview", "rules", "sources"):
        return "/" if name == "overview" else f"/{name}"
    found = answer(visited.page, f"{visited.base}/api/v1/findings")["findings"][0]
    service = encoded(found["service"])
    return {
        "service": f"/?service={service}",
        "timeline": f"/timeline?service={service}",
        "finding": f"/finding?service={service}&id={found['id']}",
        "connection": f"/connection?service={service}&number=1",
    }[name]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_samples_is_sound(
    open_window: Visitor, samples: str, name: str, scheme: str
) -> None:
    """It shows what it is for; nothing complains, no request leaves, everyone can read it."""
    with open_window(samples, color_scheme=scheme) as visited:
        visited.open(address(visited, name))
        assert SEEN[name] in visited.text()
        assert [] == visited.troubles()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_a_hostile_log_is_sound(open_window: Visitor, hostile: str, name: str) -> None:
    """Whatever the log says stays text: no element comes of it, no script runs."""
    with open_window(hostile) as visited:
        visited.open(address(visited, name))
        assert [] == visited.troubles()
        assert 0 == visited.count("main :is(script, style, img, [onload], [onerror])")
        assert 0 == visited.count("a[href^='javascript:' i]")
        assert "owned" != visited.page.title()


@pytest.mark.parametrize("log", ["samples", "hostile"])
def test_no_page_is_wider_than_a_phone(
    open_window: Visitor, log: str, request: pytest.FixtureRequest
) -> None:
    """At 360 px nothing scrolls sideways but what scrolls by itself, such as tables."""
    base: str = request.getfixturevalue(log)
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    with open_window(base, **phone) as visited:
        overflows = {}
        for name in PAGES:
            visited.open(address(visited, name))
            overflows[name] = visited.overflow()
    assert dict.fromkeys(PAGES, 0) == overflows


@pytest.mark.parametrize("path", ["/", "/timeline", "/sources"])
def test_nothing_read_yet_says_what_to_do(open_window: Visitor, empty: str, path: str) -> None:
    """The pages of an empty database name the commands that fill it."""
    with open_window(empty) as visited:
        visited.open(path)
        assert "logdiag watch /var/log/app" in visited.text()
        assert [] == visited.troubles()


def test_a_stranger_reads_why_he_is_refused(open_window: Visitor, tmp_path: Path) -> None:
    """Without the token, a page that looks like one and says what to do, and fetches nothing."""
    server = Server(tmp_path / "timeline.db", Settings(), Place(host="0.0.0.0", port=0))
    with server.beside(), open_window(f"http://127.0.0.1:{server.port}") as visited:
        asked: list[str] = []
        visited.page.on("request", lambda request: asked.append(request.url))
        visited.page.goto(f"{visited.base}/?token=wrong")
        assert "Open the address that logdiag web printed" in visited.text("[role=alert]")
        style = "getComputedStyle(document.querySelector('.empty')).textAlign"
        assert "center" == visited.page.evaluate(style)
        assert [f"{visited.base}/?token=wrong"] == asked


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/finding?service=seed&id=none", "has no finding"),
        ("/connection?service=seed&number=99", "has no connection"),
        ("/timeline?service=nobody", "There is no service"),
    ],
)
def test_what_is_not_there_is_said(
    open_window: Visitor, samples: str, path: str, words: str
) -> None:
    """A page about nothing says so, with a way on."""
    with open_window(samples) as visited:
        visited.open(path)
        assert words in visited.text()
        assert "To the overview" in visited.text()


def test_times_are_the_viewers_with_utc_beside_them(open_window: Visitor, samples: str) -> None:
    """A time reads as in the viewer's zone, and tells UTC on hover."""
    with open_window(samples) as visited:
        visited.open("/?service=node-leaky")
        shown = visited.page.locator(".answers time").first
        begin = shown.get_attribute("datetime")
        assert begin is not None
        utc = shown.get_attribute("title")
        assert utc == begin.replace("T", " ").replace("Z", " UTC")
        hours = int(begin[11:13]) + (int(begin[14:16]) + 30) // 60 + 5  # Asia/Kolkata: +5:30
        assert f"{hours % 24:02}:" in shown.inner_text()
