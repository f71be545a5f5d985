"""What rules ask most: the same questions as any, by calls that compile to C.

A function that is kept in an attribute is called as Python calls it, at thrice the cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from logdiag.diagnosis import counting, replaced
from logdiag.diagnosis.terms import Argument, Asked
from logdiag.diagnosis.view import View


class _LeftBehind(Asked):
    def _ask(self, view: View) -> float:
        return float(counting.count_left_behind(view))


class _FollowedAfter(Asked):
    def _ask(self, view: View) -> float:
        return float(counting.count_left_behind(view, self.word))


class _OpenedAfter(Asked):
    def _ask(self, view: View) -> float:
        return float(view.proofs(self.word))


class _Loads(Asked):
    def _ask(self, view: View) -> float:
        return float(counting.loads(view))


class _Chance(Asked):
    def _ask(self, view: View) -> float:
        return counting.chance(view)


class _Surplus(Asked):
    def _ask(self, view: View) -> float:
        return float(replaced.count_surplus(view))


class _Races(Asked):
    def _ask(self, view: View) -> float:
        return float(replaced.races(view))


class _Count(Asked):
    def _ask(self, view: View) -> float:
        return float(view.count(self.word))


class _Closes(Asked):
    def _ask(self, view: View) -> float:
        return float(view.service.closes)


class _Older(Asked):
    def _ask(self, view: View) -> float:
        return float(counting.count_older(view, self.amount.of(view)))


class _Recent(Asked):
    def _ask(self, view: View) -> float:
        return float(counting.recent(view, self.word, self.amount.of(view)))


class _Lifetime(Asked):
    def _ask(self, view: View) -> float:
        found = view.service.lifetimes.quantile(self.quantile)
        return float(found) if found else counting.INFINITE


OFTEN: Final[dict[str, type[Asked]]] = {
    "left_behind": _LeftBehind, "followed_after": _FollowedAfter, "opened_after": _OpenedAfter,
    "loads": _Loads, "chance": _Chance, "surplus": _Surplus, "races": _Races, "count": _Count,
    "closes": _Closes, "older": _Older, "recent": _Recent, "lifetime": _Lifetime,
}  # fmt: skip
_ASKED: Final[dict[str, Asked]] = {}


def asked(
    name: str, text: str, run: Callable[..., float], arguments: Sequence[Argument] = ()
) -> Asked:
    """The question of that text to that function: one, in however many rules it stands."""
    found = _ASKED.get(text)
    if found is None:
        found = _ASKED[text] = OFTEN.get(name, Asked)(run, arguments)
    return found
