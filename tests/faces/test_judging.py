"""Did the fix work? The verdict is a comparison of rates, and silence proves nothing by itself."""

from __future__ import annotations

from typing import Any

import pytest

from logdiag.faces.judging import Side, exit_code, judge, needed, worst


def side(leaked: int, opened: int, **fields: Any) -> Side:
    """A service of so many openings, all old enough, with its verdict as the report gives it."""
    known: dict[str, Any] = {
        "verdict": "leak" if leaked else "clean", "reason": "As the report says.",
        "ripe": opened, "closed": opened - leaked, "fired": frozenset({"r"} if leaked else ()),
    }  # fmt: skip
    return Side(leaked=leaked, opened=opened, **(known | fields))


POOR = {"verdict": "cannot_tell", "closed": 0}
CASES: dict[str, tuple[Side, Side, str, int]] = {
    "gone, with much traffic": (side(7, 27), side(0, 22), "fixed", 0),
    "gone, just enough": (side(10, 100), side(0, needed(0.1)), "fixed", 0),
    "gone, one too few": (side(10, 100), side(0, needed(0.1) - 1), "cannot_tell", 4),
    "gone, most are too young": (side(7, 27), side(0, 22, ripe=5), "cannot_tell", 4),
    "all leaked, one did not": (side(4, 4), side(0, 1), "fixed", 0),
    "gone, but suspected": (
        side(7, 27), side(0, 99, suspected=frozenset("r")), "cannot_tell", 4
    ),
    "another one suspected": (side(7, 27), side(0, 99, suspected=frozenset("q")), "fixed", 0),
    "gone, with lines missing": (side(7, 27), side(0, 99, incomplete=True), "cannot_tell", 4),
    "gone, in a poor log": (side(7, 27), side(0, 99, **POOR), "cannot_tell", 4),
    "less": (side(50, 100), side(20, 100), "better", 1),
    "less, by chance": (side(5, 20), side(3, 20), "no_change", 1),
    "less, hardly": (side(50_000, 100_000), side(45_000, 100_000), "no_change", 1),
    "as before": (side(7, 27), side(7, 27), "no_change", 1),
    "as before, in double traffic": (side(50, 100), side(100, 200), "no_change", 1),
    "more": (side(20, 100), side(50, 100), "worse", 1),
    "all, on both sides": (side(4, 4), side(9, 9), "no_change", 1),
    "new": (side(0, 100), side(20, 100), "worse", 1),
    "new, after too little": (side(0, 3), side(20, 100), "cannot_tell", 1),
    "after a poor log": (side(0, 100, **POOR), side(20, 100), "cannot_tell", 1),
    "clean": (side(0, 100), side(0, 100), "no_change", 0),
    "clean after a poor log": (side(0, 100, **POOR), side(0, 100), "cannot_tell", 4),
    "clean, then idle": (side(0, 100), side(0, 0, **POOR), "cannot_tell", 4),
    "clean, then idle beside an old leak": (
        side(0, 100), side(0, 0, verdict="leak"), "cannot_tell", 4
    ),
    "idle beside an old leak, then clean": (
        side(0, 0, verdict="leak"), side(0, 100), "cannot_tell", 4
    ),
    "idle, then clean": (side(0, 0, **POOR), side(0, 100), "cannot_tell", 4),
    "idle on both sides": (side(0, 0, **POOR), side(0, 0, **POOR), "cannot_tell", 4),
    "a clean service that left": (side(0, 100), Side("absent", "No."), "cannot_tell", 4),
    "leaked, then idle": (side(7, 27), side(0, 0, **POOR), "cannot_tell", 4),
    "a new service": (Side("absent", "No."), side(0, 100), "no_change", 0),
    "a new service that leaks": (Side("absent", "No."), side(5, 100), "cannot_tell", 1),
    "a service that left": (side(7, 27), Side("absent", "No."), "cannot_tell", 4),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_verdict_is_honest(case: str) -> None:
    """Enough traffic for silence, more than chance for a difference; the exit code is AFTER's."""
    before, after, verdict, code = CASES[case]
    told, reason = judge(before, after)
    assert (verdict, code, True) == (told, exit_code(told, after), reason.endswith("."))


@pytest.mark.parametrize(
    ("rate", "openings"), [(0.0, 0), (0.01, 299), (0.1, 29), (0.5, 5), (0.96, 1), (1.0, 1)]
)
def test_silence_needs_so_many_openings(rate: float, openings: int) -> None:
    """About 3 / rate: the rule of three (Hanley and Lippman-Hand 1983)."""
    assert openings == needed(rate)


def test_the_reason_has_the_numbers() -> None:
    """What leaked of how many, on both sides, and what is lacking."""
    assert (
        "7 of 27 connections leaked before, none of 22 after (by chance: 0.1 %)."
        == judge(side(7, 27), side(0, 22))[1]
    )
    assert (
        "No leak after, but in 5 openings (17 more are too recent) that may be chance: where 7 of "
        "27 connections leaked, it takes 10." == judge(side(7, 27), side(0, 22, ripe=5))[1]
    )


def test_what_leaks_decides_over_what_is_unknown_over_what_is_clean() -> None:
    """Of several services, the one that matters most speaks for all."""
    services: list[tuple[Any, str, int]] = [
        ("no_change", "clean", 0), ("fixed", "a", 0), ("cannot_tell", "b", 4),
        ("cannot_tell", "leaks", 1), ("better", "c", 1), ("no_change", "still", 1),
        ("worse", "d", 1),
    ]  # fmt: skip
    assert ["a", "b", "leaks", "c", "still", "d"] == [
        worst(services[:count])[1] for count in range(2, 8)
    ]
    assert ("cannot_tell", 4) == (worst([])[0], worst([])[2])
