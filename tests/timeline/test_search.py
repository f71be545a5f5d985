from __future__ import annotations

import pytest

from logdiag.model import SECOND
from logdiag.timeline import Reader, search
from tests.timeline.test_population import LIVES, MANY, reader, there

__all__ = ["reader"]
EVER = (0, 2 * MANY * SECOND)


@pytest.fixture(params=["one thread", "several threads"])
def searched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever searches: what is found is the same."""
    if request.param == "several threads":
        monkeypatch.setattr(search, "ALONE", 0)
        monkeypatch.setattr(search, "THREADS", 3)


def found(reader: Reader, text: str, begin: int = EVER[0], end: int = EVER[1]) -> list[int]:
    """The numbers of those found, in [begin, end), ns."""
    return [one.number for one in search.matching(reader, "app", text, begin, end)]


@pytest.mark.usefixtures("searched")
def test_a_search_finds_names_clients_and_paths(reader: Reader) -> None:
    """Whatever the case; characters that SQL's LIKE knows are only characters."""
    assert [4321] == found(reader, "C04321")
    assert [one.number for one in LIVES[::-1] if one.client == "10.0.0.3"][: search.MOST] == found(
        reader, "10.0.0.3"
    )
    assert [] == found(reader, "c%")
    assert [] == found(reader, "c_4321")
    assert [] == search.matching(reader, "nobody", "c", *EVER)


@pytest.mark.usefixtures("searched")
def test_of_many_the_newest_are_found(reader: Reader) -> None:
    """Who searches in an incident means what happens now."""
    assert list(range(MANY, MANY - search.MOST, -1)) == found(reader, "/ws")


@pytest.mark.usefixtures("searched")
def test_what_is_found_was_there_in_the_window(reader: Reader) -> None:
    """However many others match: those of the window are not left out for them."""
    assert sorted(there(100, 400)) == found(reader, "/ws", 100 * SECOND, 400 * SECOND)[::-1]
