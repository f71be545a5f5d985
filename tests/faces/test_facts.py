"""What the verdict stands on where closes name nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logdiag.simulation import CASES, FORMATS, Simulation, write
from tests.faces.running import run

COUNTED = ["seed", "seed-clock", "uvicorn", "uvicorn-plain"]


def written(path: Path, case: str, how: str) -> Path:
    """A quarter of an hour of a case."""
    played = Simulation(CASES[case], seed=5, duration=900.0)
    lines = write(played.play(), FORMATS[how], noise=0.3, seed=5)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def verdict(path: Path) -> str:
    """Of the only service."""
    return str(json.loads(run("check", path, "--format", "json").stdout)["services"][0]["verdict"])


@pytest.mark.parametrize("how", COUNTED)
def test_a_count_that_stays_up_tells_nothing(tmp_path: Path, how: str) -> None:
    """Leaky and healthy days look the same there; where ids are told they do not."""
    leaky, healthy = (written(tmp_path / f"{one}.log", one, how) for one in ("D3", "ordinary-day"))
    assert ("cannot_tell", "cannot_tell") == (verdict(leaky), verdict(healthy))
    told = run("compare", healthy, leaky)
    assert (4, True) == (told.exit_code, "CANNOT TELL" in told.stdout)


@pytest.mark.parametrize("how", [*COUNTED, "node-ws", "node-json", "socketio", "browser"])
def test_a_healthy_day_that_the_log_can_tell(tmp_path: Path, how: str) -> None:
    """By ids; or because the few that come all go, and the count falls to nothing."""
    case = "quiet-day" if how in COUNTED else "ordinary-day"
    assert "clean" == verdict(written(tmp_path / "app.log", case, how))


@pytest.mark.parametrize("how", ["node-ws", "node-json"])
@pytest.mark.parametrize("seed", [1, 5, 7])
def test_lines_that_are_missing_in_the_middle(tmp_path: Path, how: str, seed: int) -> None:
    """The totals tell them: a gap, and as many live at the end as there are."""
    played = Simulation(CASES["log-gap"], seed=seed)
    log = tmp_path / "app.log"
    lines = write(played.play(), FORMATS[how], noise=0.3, seed=seed)
    log.write_text("".join(f"{line}\n" for line in lines if line is not None), encoding="utf-8")
    told = run("check", log, "--format", "json")
    document = json.loads(told.stdout)
    (service,), (source,) = document["services"], document["sources"]
    assert (4, True, 1) == (told.exit_code, document["incomplete"], len(source["gaps"]))
    assert played.truth(FORMATS[how]).live_at_end == service["live"]["at_end"]
    assert service["statistics"]["lost"]["seconds"] == pytest.approx(360, abs=30)
