"""A timeline of one's own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from logdiag.model import Source
from logdiag.timeline import Writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is to be; there is none yet."""
    return tmp_path / "state" / "timeline.db"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    """An open writer on a new database."""
    with Writer.open(path) as opened:
        yield opened


@pytest.fixture
def source(writer: Writer) -> Source:
    """The first source of service `app`."""
    return writer.register("app", "app.log")
