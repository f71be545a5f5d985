"""The built-in rules and formats, loaded once."""

from __future__ import annotations

import pytest

from logdiag.diagnosis import Rule
from logdiag.engines.knowledge import load_formats, load_rules
from logdiag.engines.settings import Settings
from logdiag.formats import Formats


@pytest.fixture(scope="session")
def rules() -> list[Rule]:
    """All built-in rules."""
    return load_rules(Settings())


@pytest.fixture(scope="session")
def formats() -> Formats:
    """All built-in formats."""
    return load_formats(Settings())
