from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Settings
from tests.browser.conftest import Visitor
from tests.browser.visiting import answer
from tests.engines.lines import closed, opened
from tests.faces.web.test_since import CAME_BACK, OVER

VISITS = b"".join(opened(f"v{n}", 400 + n) + closed(f"v{n}", 400.5 + n) for n in range(20))
TOLD = {
    "nothing came": (OVER, "No; but no connection has been opened since"),
    "visits came": (
        OVER + VISITS + opened("late", 600),
        "No, though 21 connections were opened since.",
    ),
    "its connections ended": (OVER + VISITS, "all 4 that it names have ended"),
    "others live": (OVER + opened("late", 600), "0 then, 1 now"),
    "it came back": (OVER + CAME_BACK + opened("x", 2_400, 5), "4 connections, closed late"),
}


@pytest.mark.parametrize(("log", "words"), TOLD.values(), ids=TOLD)
def test_the_page_says_what_became_of_a_finding(
    open_window: Visitor, tmp_path: Path, serve: Callable[[Path], str], log: bytes, words: str
) -> None:
    """Whether it came back, whether anything was there to tell, and its times before."""
    file, db = tmp_path / "app.log", tmp_path / "timeline.db"
    file.write_bytes(log)
    ingest([str(file)], db, Settings())
    with open_window(serve(db)) as visited:
        listed = answer(visited.page, f"{visited.base}/api/v1/findings")["findings"]
        (one,) = [each for each in listed if each["rule"] == "auth-loading-race"]
        visited.open(f"/finding?service=app&id={one['id']}")
        assert words in visited.text("#since") + visited.text("#before")
        assert [] == visited.troubles()
