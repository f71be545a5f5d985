from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from logdiag.faces import document
from logdiag.faces.web import standalone
from logdiag.faces.web.modules import bundle
from logdiag.timeline import Reader
from tests.browser.hostile import SERVICE, write_hostile
from tests.faces.filled import NOON

LIMIT = 2_000_000  # bytes, without the data


class Scripts(HTMLParser):
    """The scripts of a page, as (type, text), as an HTML parser finds them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A script begins."""
        self.inside = tag == "script"
        if self.inside:
            self.found.append((dict(attrs).get("type") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        """Whatever it was has ended."""
        self.inside = False

    def handle_data(self, data: str) -> None:
        """Text, of a script or not."""
        if self.inside:
            kind, text = self.found[-1]
            self.found[-1] = (kind, text + data)


@pytest.fixture
def page(tmp_path: Path) -> str:
    """The report on a hostile log."""
    with Reader.open(write_hostile(tmp_path)) as reader:
        return standalone.render(reader, document.build(reader, generated_at=NOON))


def test_exactly_its_own_scripts_may_run(page: str) -> None:
    """The policy names the hash of each script there is, and nothing else."""
    scripts = Scripts()
    scripts.feed(page)
    runs = [text for kind, text in scripts.found if kind != "application/json"]
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in runs}
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert hashes == set(re.findall(r"sha256-([^&']+)", policy[1]))
    assert 3 == len(runs)


def test_its_data_is_whole_and_inert(page: str) -> None:
    """Whatever the log says, the data ends where it ends, and says what the API would say."""
    scripts = Scripts()
    scripts.feed(page)
    (data,) = [text for kind, text in scripts.found if kind == "application/json"]
    told = json.loads(data)
    assert {"report", "services", "findings"} == set(told)
    assert [SERVICE] == list(told["services"])
    assert not {"<", "&"} & set(data)
    assert len(page.encode()) - len(data.encode()) < LIMIT


def test_modules_become_one_script(tmp_path: Path) -> None:
    """Each module stands once, after those that it imports, and gives what it exports."""
    (tmp_path / "a.js").write_text("export const one = 1;\nconst two = 2;\n")
    (tmp_path / "b.js").write_text('import { one as first } from "./a.js";\n\nexport class B {}\n')
    (tmp_path / "c.js").write_text('import { one } from "./a.js";\nimport { B } from "./b.js";\n')
    assert [
        "const modules = {};",
        'modules["a.js"] = (() => {', "const one = 1;", "const two = 2;",
        "return { one };", "})();",
        'modules["b.js"] = (() => {', 'const { one: first } = modules["a.js"];', "class B {}",
        "return { B };", "})();",
        'modules["c.js"] = (() => {', 'const { one } = modules["a.js"];',
        'const { B } = modules["b.js"];', "return {  };", "})();",
    ] == [line for line in bundle(tmp_path / "c.js").splitlines() if line]  # fmt: skip
