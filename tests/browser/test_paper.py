from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visitor
from tests.browser.test_report import read_leaky
from tests.browser.visiting import Visit

MARGINS = dict.fromkeys(("top", "right", "bottom", "left"), "10mm")
SHEET = 720  # px between them; what is wider makes the browser print all of it smaller
REFUSED = "Requests refused (401/403), 8 in all"
CONTROLS = "button, input, .filters select, .skip, #live, nav, summary, #notice"
# What the browser lays out for paper is there to be looked at for a moment only.
LOOK = """controls => matchMedia("print").addEventListener("change", ({ matches }) => {
  if (!matches) return;
  const seen = selector => [...document.querySelectorAll(selector)]
    .filter(one => one.checkVisibility() && one.getClientRects().length);
  const right = one => one.getBoundingClientRect().right;
  window.printed = {
    width: document.documentElement.clientWidth,
    controls: seen(controls).map(one => one.outerHTML.slice(0, 80)),
    canvases: seen(".panels > :not(.on-paper), .lifetimes > :not(.on-paper)").length,
    charts: seen(".on-paper svg").length,
    words: seen(".on-paper svg text").map(one => one.textContent),
    cut: seen("main *").filter(one => right(one) > document.documentElement.clientWidth).length,
    paper: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
  };
})"""


def printed(visited: Visit) -> dict[str, Any]:
    """What stands on the sheets when the browser really prints the page."""
    visited.page.locator(".bk-Column").first.wait_for(state="attached")
    visited.page.evaluate(LOOK, CONTROLS)
    pdf = visited.page.pdf(format="A4", margin=MARGINS)
    assert pdf.startswith(b"%PDF")
    found: dict[str, Any] = visited.page.evaluate("window.printed")
    return found


def on_a_light_sheet(found: dict[str, Any]) -> None:
    """Dark on white, as wide as the sheet, without what only a screen has."""
    assert (SHEET, 0, 0, []) == tuple(
        found[key] for key in ("width", "cut", "canvases", "controls")
    )  # fmt: skip
    assert ("rgb(255, 255, 255)", "rgb(23, 33, 43)") == (found["paper"], found["ink"])


def test_the_file_is_made_for_paper(
    open_window: Visitor, tmp_path: Path, report: Callable[[Path], str]
) -> None:
    """Nothing is cut or dark, no control is printed, and charts are lines as wide as the sheet."""
    with open_window(report(read_leaky(tmp_path)), color_scheme="dark") as visited:
        visited.open("")
        found = printed(visited)
        on_a_light_sheet(found)
        assert 7 == found["charts"]  # three panels for each of two services, lifetimes for one
        assert {"Live connections, 9 at most", REFUSED} <= set(found["words"])
        assert 0 == visited.count(".on-paper")  # and the screen is as it was
        assert [] == visited.troubles()


@pytest.mark.parametrize("path", ["/?service=node-leaky", "/timeline?service=node-leaky"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_made_for_paper(
    open_window: Visitor, samples: str, path: str, scheme: str
) -> None:
    """The same of a page of the server, however dark its screen is."""
    with open_window(samples, color_scheme=scheme) as visited:
        visited.open(path)
        found = printed(visited)
        on_a_light_sheet(found)
        assert REFUSED in found["words"]
        assert [] == visited.complaints
