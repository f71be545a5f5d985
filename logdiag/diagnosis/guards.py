"""The healthy explanations, by name: checked before anything is called a leak, and listed.

A rule names in `unless` those that silence it; the others that apply are listed all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from logdiag.diagnosis.view import View


class GuardCheck(NamedTuple):
    """A named condition and what it means."""

    name: str
    doc: str
    holds: Callable[[View], bool]


def _weak_client_key(view: View) -> bool:
    life = next(iter(view.group.lives.values()), None)
    return life is None or life.client_key is None or life.client_key.startswith("address ")


_TABLE = (
    GuardCheck(
        "restarted",
        "The server restarted within 120 s (40 lines) of it: a start line, a new process id, "
        "or a total that began again.",
        lambda view: view.service.restarted(view),
    ),
    GuardCheck(
        "mass_reconnect",
        "30% of the clients lost a connection and came back within 60 s: a herd, not a leak.",
        lambda view: view.service.mass_reconnect(view),
    ),
    GuardCheck(
        "log_gap",
        "Lines went missing within 120 s (40 lines) of it.",
        lambda view: view.service.gap(view),
    ),
    GuardCheck(
        "closes_unseen",
        "No line ever told that a connection closed, and none tells a total: a healthy log of "
        "this server looks the same.",
        lambda view: view.service.closes_unseen(),
    ),
    GuardCheck(
        "weak_client_key",
        "Clients are told apart by address only, or not at all: offices and tabs share one.",
        _weak_client_key,
    ),
)

GUARDS: dict[str, GuardCheck] = {guard.name: guard for guard in _TABLE}
