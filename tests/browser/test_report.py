from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Settings
from tests.browser.conftest import Visitor
from tests.browser.hostile import write_hostile
from tests.faces.filled import SAMPLES


def read_leaky(folder: Path) -> Path:
    """A timeline of the leaky samples."""
    db = folder / "timeline.db"
    ingest([str(SAMPLES / f"{name}-leaky.log") for name in ("node", "uvicorn")], db, Settings())
    return db


@pytest.mark.parametrize(("fill", "words"), [(read_leaky, "What to do"), (write_hostile, "owned")])
def test_the_file_opens_by_itself(
    open_window: Visitor, tmp_path: Path, report: Callable[[Path], str],
    fill: Callable[[Path], Path], words: str,
) -> None:  # fmt: skip
    """Offline it draws all of itself, asks for nothing, and lets no log's text be more."""
    with open_window(report(fill(tmp_path)), offline=True) as visited:
        visited.open("")
        assert words in visited.text()
        assert [] == visited.troubles()
        assert 0 == visited.count("main :is(script, style, img, [onload], [onerror])")
        assert 2 <= visited.page.locator("canvas").count()
