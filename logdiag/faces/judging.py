"""Whether a fix worked: the verdict on a service before and after. Pure.

It is a comparison of two proportions, leaked of opened connections. Silence proves nothing by
itself: after a fix there must be so many openings that, at the rate of before, seeing no leak at
all would have been a chance of at most 5 in 100.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

Verdict = Literal["fixed", "better", "no_change", "worse", "cannot_tell"]

_CHANCE = 0.05
_DEVIATE = 1.96  # of the normal distribution, two-sided, for the same chance
_NOTICEABLE = 0.2  # a rate that changed by less is the same for whoever has to fix it
_SEVERITY = (1, 4, 0)  # exit codes
_ORDER: tuple[Verdict, ...] = ("worse", "fixed", "no_change", "better", "cannot_tell")


class Side(NamedTuple):
    """One service on one side. `verdict` and `reason` are the report's; "absent": not there.

    `ripe` of the `opened` are old enough for a leak to have been told, `leaked` did, by the rules
    `fired`; `suspected` are those that wait for more time.
    """

    verdict: str
    reason: str
    opened: int = 0
    ripe: int = 0
    leaked: int = 0
    closed: int = 0
    fired: frozenset[str] = frozenset()
    suspected: frozenset[str] = frozenset()
    incomplete: bool = False

    @property
    def rate(self) -> float:
        """Leaked per opened connection."""
        return self.leaked / max(self.opened, self.leaked, 1)

    @property
    def idle(self) -> bool:
        """Whether nothing happened, whatever had leaked earlier and is still there."""
        return not (self.opened or self.closed)

    @property
    def told(self) -> str:
        """The rate in words."""
        return f"{self.leaked:,} of {self.opened:,} connections leaked"


def judge(before: Side, after: Side) -> tuple[Verdict, str]:
    """The verdict and its reason, a sentence with the numbers."""
    if after.leaked:
        return _still_leaks(before, after)
    if after.verdict in ("cannot_tell", "absent"):
        return "cannot_tell", f"After: {after.reason}"
    if after.idle:
        return "cannot_tell", "After, no connection opened or closed."
    if after.incomplete:
        return "cannot_tell", "Lines are missing after: what leaked there may be among them."
    if before.leaked:
        return _silent(before, after)
    if before.verdict == "absent":
        return "no_change", f"Not there before, and no leak after ({after.opened:,} opened)."
    if before.verdict == "cannot_tell":
        return "cannot_tell", f"No leak after, but whether there was one before? {before.reason}"
    if before.idle:
        return "cannot_tell", "Before, no connection opened or closed."
    counts = f"{before.opened:,} connections before, {after.opened:,} after"
    return "no_change", f"No leak on either side: {counts}."


def _still_leaks(before: Side, after: Side) -> tuple[Verdict, str]:
    if not before.leaked:
        if before.verdict in ("cannot_tell", "absent"):
            return "cannot_tell", f"After, {after.told}; before? {before.reason}"
        if before.opened < needed(after.rate):
            return "cannot_tell", (
                f"After, {after.told}; the {before.opened:,} before are too few to say that it is "
                "new."
            )
        return "worse", f"No leak before ({before.opened:,} opened); after, {after.told}."
    words = f"{before.told} before, {after.told.removesuffix(' leaked')} after"
    if not _differ(before, after):
        return "no_change", f"It still leaks: {words}."
    if after.rate > before.rate:
        return "worse", f"It leaks more: {words}."
    return "better", f"It leaks less, but still does: {words}."


def _silent(before: Side, after: Side) -> tuple[Verdict, str]:
    again = sorted(before.fired & after.suspected)
    if again:
        return "cannot_tell", f"After, {', '.join(again)} is suspected again: wait, or log longer."
    least = needed(before.rate)
    if after.ripe < least:
        young = after.opened - after.ripe
        recent = f" ({young:,} more are too recent)" if young else ""
        return "cannot_tell", (
            f"No leak after, but in {after.ripe:,} openings{recent} that may be chance: where "
            f"{before.told}, it takes {least:,}."
        )
    chance = (1 - before.rate) ** after.ripe
    return "fixed", (
        f"{before.told} before, none of {after.opened:,} after (by chance: {_percent(chance)})."
    )


def needed(rate: float) -> int:
    """How many openings without a leak prove that they leak at less than `rate` (0 to 1)."""
    if rate >= 1:
        return 1
    return math.ceil(math.log(_CHANCE) / math.log1p(-rate)) if rate > 0 else 0


def _differ(before: Side, after: Side) -> bool:
    """Whether the rates differ noticeably, and not by chance (two-proportion z-test, pooled)."""
    if abs(after.rate - before.rate) < _NOTICEABLE * before.rate:
        return False
    sizes = [max(side.opened, side.leaked, 1) for side in (before, after)]
    pooled = (before.leaked + after.leaked) / sum(sizes)
    error = math.sqrt(pooled * (1 - pooled) * sum(1 / size for size in sizes))
    return error == 0 or abs(after.rate - before.rate) / error >= _DEVIATE


def worst(services: Sequence[tuple[Verdict, str, int]]) -> tuple[Verdict, str, int]:
    """Verdict, reason and exit code of the service that matters most.

    One that leaks after comes first, then one of which it cannot be told, then one that is fixed.
    """
    return min(
        services,
        key=lambda one: (_SEVERITY.index(one[2]), _ORDER.index(one[0])),
        default=("cannot_tell", "Nothing was read.", 4),
    )


def exit_code(verdict: Verdict, after: Side) -> int:
    """1: it leaks after. 4: it cannot be told. 0: it is fixed, or was clean."""
    if after.leaked:
        return 1
    return 4 if verdict == "cannot_tell" else 0


def _percent(chance: float) -> str:
    return "under 0.1 %" if chance < 0.001 else f"{100 * chance:.1f} %"
