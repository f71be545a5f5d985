"""The built-in packs: their own samples, and what a scanner needs of them."""

from __future__ import annotations

import pytest

from logdiag import resources
from logdiag.formats import Formats, TimePolicy, load, parse_line, verify

MAX_FAST_LITERALS = 64  # ahocorasick's SIMD search takes no more


@pytest.fixture(scope="module")
def formats() -> Formats:
    """The built-in packs, samples unchecked."""
    return load([resources.formats_dir()], verified=[resources.formats_dir()])


def test_every_sample_gives_what_its_pack_says(formats: Formats) -> None:
    """Samples give their event and fields, nonsamples nothing, and each pattern has a sample."""
    assert [] == verify(formats)


def test_every_pack_has_near_misses(formats: Formats) -> None:
    """A pack says what it must not know."""
    silent = [pack.name for pack in formats.packs if all(s.event for s in pack.samples)]
    assert [] == silent


def test_literals_stay_few_and_begin_well(formats: Formats) -> None:
    """One SIMD search takes them all, and seldom stops for nothing."""
    literals = formats.scanner.literals
    assert len(literals) <= MAX_FAST_LITERALS
    assert [] == [text for text in literals if len(text.encode()) < 4]


SEED = [
    ("New WebSocket connection established. Total connections: 1", "opened", {"total": 1}),
    (
        "warn: GET /api/channels/17430419-6d3c-4ad2-82f8-31b12f1e8f74"
        " - No authHeader or no bearer found",
        "auth_failure",
        {"status": 401, "path": "/api/channels/17430419-6d3c-4ad2-82f8-31b12f1e8f74"},
    ),
    ("info: New WebSocket connection established. Total connections: 2", "opened", {"total": 2}),
    ("WebSocket connection k3x9 established. Total: 7", "opened",
     {"connection": "k3x9", "total": 7}),
    ("Cleaning up WebSocket connection (state: 0)", "cleanup", {"state": 0}),
    ("WebSocket connected (ID: k3x9)", "opened", {"connection": "k3x9"}),
    ("WebSocket k3x9 state: CLOSED", "closed", {"connection": "k3x9", "state": 3}),
    ("Attempting to reconnect WebSocket...", "reconnect", {}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "kind", "fields"), SEED)
def test_the_lines_of_the_first_report_are_known(
    formats: Formats, line: str, kind: str, fields: dict[str, object]
) -> None:
    """Each line shape of the report that started the tool is an event with its fields."""
    event = parse_line(formats, TimePolicy(), line)
    assert event is not None
    assert (kind, fields) == (event.kind, {name: getattr(event, name) for name in fields})
