from __future__ import annotations

import re
from pathlib import Path

import pytest
from werkzeug.test import Client

from logdiag import resources
from tests.faces.filled import leaky, timeline
from tests.faces.web.asking import client

PAGES = {
    "overview": "/", "timeline": "/timeline", "finding": "/finding", "connection": "/connection",
    "rules": "/rules", "sources": "/sources",
}  # fmt: skip


@pytest.fixture
def page(tmp_path: Path) -> Client:
    """The page about a small timeline."""
    return client(timeline(tmp_path / "timeline.db", leaky))


@pytest.mark.parametrize(("name", "url"), PAGES.items())
def test_each_page_is_a_shell_for_its_script(page: Client, name: str, url: str) -> None:
    """It names itself to the script that fills it, and says what to do without scripts."""
    response = page.get(url)
    assert 200 == response.status_code
    assert f'<body data-page="{name}"' in response.text
    assert "<noscript>" in response.text


def test_their_scripts_come_as_one(page: Client) -> None:
    """Every module is in it, and it is not sent again while none has changed."""
    answer = page.get("/script.js")
    files = (resources.web_dir() / "static").rglob("*.js")
    told = set(re.findall(r'^modules\["(?:pages/)?(\w+)\.js"\]', answer.text, re.MULTILINE))
    assert {file.stem for file in files} - {"report"} == told
    assert (
        304 == page.get("/script.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code
    )


def test_the_chart_librarys_scripts_come_from_its_package(page: Client) -> None:
    """The two that draw charts are served, and cached; no other file of the package is."""
    names = ["bokeh.min.js", "bokeh-api.min.js", "bokeh.js", "..%2F__init__.py"]
    answers = [page.get(f"/library/{name}", buffered=True) for name in names]
    assert [200, 200, 404, 404] == [answer.status_code for answer in answers]
    assert "max-age=86400" in answers[0].headers["Cache-Control"]
