"""Logs with a known truth: every root cause and every healthy day that looks like one. Pure.

    simulation = Simulation(CASES["D1"], seed=3)
    for line in write(simulation.play(), FORMATS["node-ws"], noise=0.3, seed=3): ...
    truth = simulation.truth(FORMATS["node-ws"])

People, their browsers and a server live in a world of their own time; what happens there becomes
the lines of the chosen server. No rule is known here but its name, and no log is read.

Read the room in this order: world, server, browser, cases, formats, noise, simulation.
"""

from logdiag.simulation.cases import CASES, Case
from logdiag.simulation.formats import FORMATS, Format
from logdiag.simulation.simulation import START, Simulation, Truth, parts, write

__all__ = ["CASES", "FORMATS", "START", "Case", "Format", "Simulation", "Truth", "parts", "write"]
