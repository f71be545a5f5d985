"""The simulated world is its seed's, its counts are true, and its logs are read as they are."""

from __future__ import annotations

import hashlib

import pytest

from logdiag import resources
from logdiag.engines.ruletests import POLICY
from logdiag.formats import Formats, Parser, load
from logdiag.model import Block, Position, Source
from logdiag.simulation import CASES, FORMATS, Simulation, write


@pytest.fixture(scope="module")
def packs() -> Formats:
    """The built-in format packs."""
    return load([resources.formats_dir()])


def played(case: str, how: str, seed: int = 3, noise: float = 0.3) -> tuple[Simulation, str]:
    """A short simulation and its log."""
    simulation = Simulation(CASES[case], seed=seed, duration=600, clients=12)
    lines = write(simulation.play(), FORMATS[how], noise=noise, seed=seed)
    return simulation, "".join(f"{line}\n" for line in lines)


def counts(log: str, packs: Formats) -> dict[str, int]:
    """How many events of each kind the packs find in a log."""
    data = log.encode()
    block = Block(Source(1, "s", "s.log"), 0, data, Position(offset=len(data)))
    kinds = [event.kind for event in Parser(packs, POLICY).parse(block)]
    return {kind: kinds.count(kind) for kind in ("opened", "closed")}


def test_a_log_is_its_seeds() -> None:
    """The same seed gives the same bytes, another one others."""
    first, second, other = (
        hashlib.sha256(played("D1", "node-ws", seed)[1].encode()).hexdigest() for seed in (3, 3, 4)
    )
    assert (True, False) == (first == second, first == other)


@pytest.mark.parametrize("case", CASES)
def test_the_packs_find_what_happened(case: str, packs: Formats) -> None:
    """Every opening and every close that the truth counts is found in the log, and no more."""
    simulation, log = played(case, "node-ws")
    truth = simulation.truth(FORMATS["node-ws"])
    assert {"opened": truth.opened, "closed": truth.closed} == counts(log, packs)


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if case.healthy])
def test_nothing_leaks_on_a_healthy_day(case: str) -> None:
    """The truth of a healthy day names no leaked connection."""
    simulation, _ = played(case, "node-ws")
    assert 0 == simulation.truth(FORMATS["node-ws"]).leaked_count
