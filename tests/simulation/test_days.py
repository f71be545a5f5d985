"""Random days are their seeds', are judged as the gate judges, and what goes wrong is told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks import days, gate

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

healthy = partial(days.healthy, wild=0.25)
leaky = partial(days.leaky, wild=0.25, causes=["D1"])


def test_two_days() -> None:
    """One is silent, the other's root cause has its name; each is told by that."""
    calm, leak = days.judge(1, healthy), days.judge(37, leaky)
    assert ([], "unprovable") == (calm.alarms, calm.outcome)
    assert ([], "found") == (leak.alarms, leak.outcome)
    assert [
        "D1           1 found    0 missed    0 unprovable",
        "0 of 2 days alarmed without cause",
    ] == list(days.report([calm, leak]))


def test_what_goes_wrong_is_told(tmp_path: Path) -> None:
    """What a healthy day alarms by, and of whom; what was missed; and what the day was made of."""
    calm, leak = days.judge(1, healthy, tmp_path), days.judge(37, leaky, tmp_path)
    assert [] == list(tmp_path.iterdir())  # nothing went wrong yet
    alarming = calm._replace(findings=leak.findings)
    silent = leak._replace(findings=[])
    told = "\n".join(days.report([alarming, silent]))
    assert "day 1: remount-duplicate, medium, client 198.51.100.200 (known by address)\n" in told
    assert f"    {calm.day}\n" in told
    assert f"day 37: missed remount-duplicate\n    {leak.day}\n" in told
    assert "\nD1           0 found    1 missed    0 unprovable\n" in told
    assert told.endswith(
        "\n1 of 2 days alarmed without cause\n    1  remount-duplicate, clients known by address"
    )


def test_the_log_of_a_bad_day_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it can be read."""
    monkeypatch.setattr(gate, "hear", lambda *_: [])
    assert "missed" == days.judge(37, leaky, tmp_path).outcome
    assert ["37.log"] == [path.name for path in tmp_path.iterdir()]
    assert " established from " in (tmp_path / "37.log").read_text()


def test_a_day_is_its_seeds() -> None:
    """The same seed draws the same day, another seed or share of oddities another one."""
    assert leaky(7) == leaky(7)
    assert 4 == len({str(day) for day in (leaky(7), leaky(8), healthy(7), days.healthy(7, 1.0))})


def test_oddities_come_by_their_share() -> None:
    """Without any, everybody has one tab and no incident; with all, days have many."""
    calm = [days.healthy(seed, 0.0) for seed in range(20)]
    wild = [days.healthy(seed, 1.0) for seed in range(20)]
    assert {1} == {group.habits.tabs for day in calm for group in day.groups}
    assert {()} == {day.incidents for day in calm}
    assert all(group.habits.tabs > 1 for day in wild for group in day.groups)
    assert 10 < len({group.habits.stay for day in wild for group in day.groups})
