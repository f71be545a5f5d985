"""The tests that a rule carries: a log, or the name of a simulated one, and what comes of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import yaml

from logdiag.definitions import Decoder, Place, place_of
from logdiag.model import CONFIDENCES, LEVELS

_KEYS = ("name", "log", "simulate", "expect")
_SIMULATE = ("case", "format", "seed", "clients")
_EXPECT = ("rule", "connections", "state", "level", "confidence")
_WORDS = {"state": ("firing", "resolved"), "level": LEVELS, "confidence": CONFIDENCES}

Names = Mapping[str, Collection[str]]  # what "case" and "format" may be called


@dataclass(frozen=True, slots=True)
class SimulateSpec:
    """A simulated log; `clients` None: as many as the case has."""

    case: str
    format: str = "node-ws"
    seed: int = 1
    clients: int | None = None


@dataclass(frozen=True, slots=True)
class CaseSpec:
    """One test of a rule: a log, and the findings that must come of it (none: silence).

    Between the parts of `log` lines are lost. `simulate` names a log instead; then an expectation
    stands for one finding or more.
    """

    name: str
    log: tuple[str, ...]
    expect: tuple[dict[str, str], ...]
    at: Place
    simulate: SimulateSpec | None = None


def read_cases(decoder: Decoder, node: yaml.Node | None, names: Names) -> tuple[CaseSpec, ...]:
    """The tests of a rule; `names` are those of the simulated cases and formats that there are."""
    tests = tuple(_case(decoder, item, names) for item in decoder.items(node, "tests"))
    if node is not None:
        _needs_cases(decoder, node, tests)
    return tests


def _case(decoder: Decoder, node: yaml.Node, names: Names) -> CaseSpec:
    keys = decoder.mapping(node, "the test", _KEYS, ("name", "expect"))
    if keys and ("log" in keys) == ("simulate" in keys):
        how = "both 'log' and 'simulate'" if "log" in keys else "no 'log'"
        decoder.problem(node, f"the test has {how}.", "Give it one: 'log:' or 'simulate:'.")
    expected = []
    for item in decoder.items(keys.get("expect"), "expect"):
        fields = decoder.mapping(item, "the expectation", _EXPECT, ("rule",))
        for key, words in _WORDS.items():
            decoder.word(fields.get(key), key, words)
        decoder.whole(fields.get("connections"), "connections")
        expected.append({name: decoder.text(value, name) for name, value in fields.items()})
    name = decoder.text(keys.get("name"), "name")
    log = decoder.texts(keys.get("log"), "log")
    simulate = _simulate(decoder, keys["simulate"], names) if "simulate" in keys else None
    return CaseSpec(name, log, tuple(expected), place_of(node), simulate)


def _simulate(decoder: Decoder, node: yaml.Node, names: Names) -> SimulateSpec:
    keys = decoder.mapping(node, "simulate", _SIMULATE, ("case",))
    known = {
        name: decoder.word(keys[name], name, names[name]) if name in names
        else decoder.text(keys[name], name)
        for name in ("case", "format") if name in keys
    }  # fmt: skip
    seed, clients = (decoder.whole(keys.get(name), name) for name in ("seed", "clients"))
    spec = SimulateSpec(known.get("case", ""))
    return SimulateSpec(
        spec.case, known.get("format", spec.format), spec.seed if seed is None else seed, clients
    )


def _needs_cases(decoder: Decoder, node: yaml.Node, tests: Sequence[CaseSpec]) -> None:
    """A rule shows when it fires, a near miss that stays silent, and what a late close does."""
    states = [case.get("state", "firing") for test in tests for case in test.expect]
    shown = {
        "a firing case": "firing" in states,
        "a silent near miss": any(not test.expect for test in tests),
        "a late-close case (state: resolved)": "resolved" in states,
    }
    for what, there in shown.items():
        if not there:
            decoder.problem(node, f"the tests lack {what}.", "Add one; see rules/leaks/README.md.")
