"""Whether so few closed by chance, where it is known how many others did in what time."""

from __future__ import annotations

import math
from typing import Final

from logdiag.diagnosis.moments import spoken

_MILLISECOND: Final = 1_000_000

# Of the connections that a client left behind: how many closed, and should have; how long one that
# nobody followed lasts in the mean, in ms if the log has a clock, else in lines.
Numbers = tuple[int, float, float, bool]


def by_chance(closes: int, expected: float, others: int, clients: int) -> float:
    """How likely any of the clients had so few closed where so many were to be expected.

    `others`: how many closed that the expectation stands on.

    For one client it is the comparison of two rates, given how many closed in all (Przyborowski and
    Wilenski, "Homogeneity of Results in Testing Samples from Poisson Series", Biometrika 31, 1940),
    so few closes to compare with prove little. Its tail is a binomial distribution's, the bound on
    that is Chernoff's (Hoeffding, "Probability Inequalities", JASA 58, 1963, theorem 1). Of many
    clients one is the oddest: hence Bonferroni's bound.
    """
    if not others or closes >= expected:
        return 1.0
    share = expected / (expected + others)  # of all the time, and so of all closes
    surprise = others * math.log(others / ((closes + others) * (1 - share)))
    if closes:
        surprise += closes * math.log(closes / ((closes + others) * share))
    return min(1.0, clients * math.exp(-surprise))


def grounds(numbers: Numbers) -> str:
    """The numbers behind it in words, for a person to check."""
    closes, expected, mean, clocked = numbers
    wanted = ".1f" if expected < 100 else ",.0f"
    if clocked:
        lasted = spoken(round(mean * expected) * _MILLISECOND)
        usual = spoken(round(mean) * _MILLISECOND)
    else:
        lasted, usual = f"{mean * expected:.0f} lines", f"{mean:.0f} lines"
    return (
        f"{closes} closed of those left behind, {expected:{wanted}} expected: they stayed open for "
        f"{lasted} in all, others close after {usual} in the mean"
    )
