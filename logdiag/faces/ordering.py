"""In which order findings are told: what matters most first, and a cause before what follows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from logdiag.model import LEVELS

_STATES = ("firing", "pending", "resolved")  # in the order in which they matter
_Weight = tuple[int, int, bool]


def in_order(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """By state and level, leaks first; otherwise the order stays, by service and time.

    What is no leak and of a client that leaks stands below its leak: that is its cause.
    """
    found = list(findings)
    causes: dict[tuple[int, str, str], _Weight] = {}
    for one in found:
        if one["leak"] and "client" in one["group"]:
            key = _client(one)
            causes[key] = min(causes.get(key, _weight(one)), _weight(one))
    return sorted(found, key=lambda one: _below(one, causes))


def by_rule(findings: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Those of one rule and service together, in the order of the first of each.

    What is only suspected stands by itself.
    """
    found = list(findings)
    first: dict[tuple[str, str, bool], int] = {}
    for place, one in enumerate(found):
        first.setdefault(_kind(one), place)
    together = sorted(found, key=lambda one: first[_kind(one)])
    return [list(group) for _, group in groupby(together, key=_kind)]


def _kind(one: dict[str, Any]) -> tuple[str, str, bool]:
    return one["service"], one["rule"], one["state"] == "pending"


def _client(one: dict[str, Any]) -> tuple[int, str, str]:
    return _STATES.index(one["state"]), one["service"], one["group"].get("client", "")


def _weight(one: dict[str, Any]) -> _Weight:
    return _STATES.index(one["state"]), -LEVELS.index(one["level"]), not one["leak"]


def _below(one: dict[str, Any], causes: dict[tuple[int, str, str], _Weight]) -> _Weight:
    own, cause = _weight(one), causes.get(_client(one))
    return own if one["leak"] or cause is None else max(own, (*cause[:2], True))
