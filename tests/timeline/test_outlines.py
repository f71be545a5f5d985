from __future__ import annotations

from typing import Any

import pytest

from logdiag.model import SECOND, Changes, Source
from logdiag.timeline import Batch, Reader, Writer, outlines
from tests.timeline import builders


@pytest.fixture
def reader(writer: Writer, source: Source) -> Reader:
    """Findings in each state and of several levels, one with two episodes; times in seconds."""

    def found(fingerprint: str, begun: int, over: int | None, **fields: Any) -> Any:
        known = {
            "pending_at": begun * SECOND, "fired_at": (begun + 1) * SECOND,
            "resolved_at": None if over is None else over * SECOND,
            "state": "firing" if over is None else "resolved",
        }  # fmt: skip
        return builders.finding(source, fingerprint, **{**known, **fields})

    findings = [
        found("twice", 10, 20), found("twice", 100, None, count=2),
        found("over", 22, 30, level="critical"), found("worse", 200, None, level="critical"),
        found("may be", 300, None, state="pending", level="informational", rule="other"),
    ]  # fmt: skip
    writer.commit(Batch(changes={"app": Changes(findings=findings)}))
    return writer.reader()


def test_the_worst_come_first_in_their_latest_episode(reader: Reader) -> None:
    """Firing, then pending, then resolved; of these by level."""
    assert ["worse", "twice", "may be", "over"] == [
        one.fingerprint for one in outlines.latest(reader)
    ]
    assert [("twice", 2)] == [
        (one.fingerprint, one.fired) for one in outlines.latest(reader, limit=1, offset=1)
    ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 4), ({"service": "app"}, 4), ({"service": "x"}, 0), ({"state": "firing"}, 2),
        ({"rule": "other"}, 1),
    ],
)  # fmt: skip
def test_they_are_counted_as_they_are_listed(
    reader: Reader, filters: dict[str, str], expected: int
) -> None:
    """By service, state and rule."""
    assert (expected, expected) == (
        outlines.count(reader, **filters), len(outlines.latest(reader, **filters))
    )  # fmt: skip


def test_episodes_in_a_window(reader: Reader) -> None:
    """Those that touch it, each episode by itself."""
    found = outlines.episodes(reader, "app", 15 * SECOND, 150 * SECOND, 10)
    assert [("twice", 2), ("over", 1), ("twice", 1)] == [
        (one.fingerprint, one.fired) for one in found
    ]


@pytest.mark.parametrize(
    ("nearer", "expected"),
    [
        (1, [(10, 20), (22, 30), (100, None)]), (3, [(10, 30), (100, None)]),
        (100, [(10, None)]),
    ],
)  # fmt: skip
def test_spans_are_merged_where_they_look_like_one(
    reader: Reader, nearer: int, expected: list[tuple[int, int | None]]
) -> None:
    """What goes on swallows all that begins later; suspicions are none."""
    found = outlines.spans(reader, "app", 0, 250 * SECOND, nearer * SECOND)
    assert expected == [(a // SECOND, None if b is None else b // SECOND) for a, b in found]
