"""What every test gets: a state directory of its own, one hypothesis profile, golden files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from logdiag.engines import knowledge

GOLDEN = Path(__file__).parent / "golden"

# Time limits per example measure the machine, not the code. In CI the examples are the same each
# time, so that a red run is about the change it tests.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option behind `make golden`."""
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files")


@pytest.fixture(autouse=True, scope="session")
def definitions_read_once() -> Iterator[None]:
    """Packs and rules are compiled once for all tests that read the same files.

    Most commands begin with it, and it takes ten times as long as judging a small log.
    """
    examine, known = knowledge.examine, dict[object, knowledge.Knowledge]()

    def recalled(files: knowledge.Files) -> knowledge.Knowledge:
        texts = [[[(one, one.read_bytes()) for one in some] for some in kind] for kind in files]
        key = str(texts)
        if key not in known:
            known[key] = examine(files)
        found = known[key]
        return found._replace(rules=[*found.rules], problems=[*found.problems])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(knowledge, "examine", recalled)
        yield


@pytest.fixture(autouse=True)
def private_state(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep every test away from the user's own database and configuration."""
    home = tmp_path_factory.mktemp("state")
    monkeypatch.delenv("LOGDIAG_DB", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("name.jsonl", text)`: the text equals tests/golden/name.jsonl, or becomes it."""

    def compare(name: str, actual: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        assert expected == actual, f"{path} differs; `make golden` rewrites it and shows how"

    return compare
