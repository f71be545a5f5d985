"""The simulated world is its seed's, its counts are true, and its logs are read as they are."""

from __future__ import annotations

import hashlib

import pytest

from logdiag import resources
from logdiag.diagnosis import Detector
from logdiag.engines.ruletests import POLICY
from logdiag.formats import Formats, Parser, load
from logdiag.model import Block, Position, Source
from logdiag.simulation import CASES, FORMATS, Simulation, Truth, parts, write

COUNTED = [name for name, one in FORMATS.items() if {"opened", "closed"} <= one.tells]
COUNTED.remove("browser")  # pages do not see what the server sees


@pytest.fixture(scope="module")
def packs() -> Formats:
    """The built-in format packs."""
    return load([resources.formats_dir()])


def played(case: str, how: str, seed: int = 3, noise: float = 0.3) -> tuple[Truth, str]:
    """The truth about a short simulation, and its log."""
    simulation = Simulation(CASES[case], seed=seed, duration=600, clients=12)
    log = "".join(parts(write(simulation.play(), FORMATS[how], noise=noise, seed=seed)))
    return simulation.truth(FORMATS[how]), log


def counts(log: str, packs: Formats) -> tuple[int, int]:
    """How many connections opened and how many closed, as the diagnosis reads the log."""
    data = log.encode()
    block = Block(Source(1, "s", "s.log"), 0, data, Position(offset=len(data)))
    detector = Detector("s", [])
    for event in Parser(packs, POLICY).parse(block):
        detector.on_event(event)
    lives = detector.drain(ended=True).connections
    return (
        sum(life.opened_line is not None and life.state != "rejected" for life in lives),
        sum(life.state == "closed" and life.opened_line is not None for life in lives),
    )


def test_a_log_is_its_seeds() -> None:
    """The same seed gives the same bytes, another one others."""
    first, second, other = (
        hashlib.sha256(played("D1", "node-ws", seed)[1].encode()).hexdigest() for seed in (3, 3, 4)
    )
    assert (True, False) == (first == second, first == other)


@pytest.mark.parametrize("how", COUNTED)
@pytest.mark.parametrize("case", ["D2", "D3", "mobile"])
def test_the_diagnosis_counts_what_happened(case: str, how: str, packs: Formats) -> None:
    """Every opening and close of the truth is found in the log of any format, and no more."""
    truth, log = played(case, how)
    assert (truth.opened, truth.closed) == counts(log, packs)


# A stop ends the connections of its process, before their own lines come.
@pytest.mark.parametrize("case", [case for case in CASES if case != "deploy-restart"])
def test_the_packs_know_every_case(case: str, packs: Formats) -> None:
    """The same for every case in one format."""
    truth, log = played(case, "node-ws")
    assert (truth.opened, truth.closed) == counts(log, packs)


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if case.healthy])
def test_nothing_leaks_on_a_healthy_day(case: str) -> None:
    """The truth of a healthy day names no leaked connection."""
    assert 0 == played(case, "node-ws")[0].leaked_count


@pytest.mark.parametrize(
    ("case", "how", "seconds", "clients", "expected"),
    [
        ("D1", "node-ws", 600, 12, "remount-duplicate"),
        ("D1", "node-ws", 60, 1, "none"),  # nobody has left anything yet
        ("D1", "seed", 60, 1, "none"),
        ("D4", "node-ws", 120, 1, "none"),
        ("D7", "node-ws", 600, 3, "none"),
        ("D7", "node-ws", 86_400, 20, "cannot_tell"),  # one day is no drift
        ("D7", "node-ws", 3 * 86_400, 20, "slow-drift"),
        ("D9", "node-ws", 30, 1, "none"),
        ("D9", "node-ws", 1200, 30, "server-handler-leak"),
        ("D11", "seed", 600, 12, "poor-log"),
        ("D11", "node-ws", 600, 12, "none"),  # a log that tells all, of a healthy day
    ],
)
def test_what_is_expected_is_what_happened(
    case: str, how: str, seconds: float, clients: int, expected: str
) -> None:
    """Not what the case is named for."""
    simulation = Simulation(CASES[case], seed=3, duration=seconds, clients=clients)
    for _ in simulation.play():
        pass
    assert expected == simulation.truth(FORMATS[how]).expected
