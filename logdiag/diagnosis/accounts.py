"""The numbers behind what a rule asks, in words: what its reader can check.

Each is asked with what the value or function of the language is asked with, once a finding is
looked at; "" where there is nothing to say.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from statistics import fmean, median
from typing import Final

from logdiag.diagnosis import counting
from logdiag.diagnosis.lifecycle import EPOCH, UNTIMED
from logdiag.diagnosis.moments import spoken
from logdiag.diagnosis.view import View

MAX_DAYS: Final = 8  # told of a series: a week, and the day that has begun
_DELAYED: Final = {
    "timed_out": "noticed in time, after", "half_open": "noticed late, after",
    "drained": "closed, after",
}  # fmt: skip


def drift(view: View) -> str:
    """What the server says, and what its lines account for."""
    account = view.service.account()
    if account is None:
        return ""
    return f"the server says {account.says:,}, its lines account for {account.accounted:,}"


def trend(view: View) -> str:
    """The series of live connections per client, day by day, and its slope."""
    days = view.service.trend.by_day()[-MAX_DAYS:]
    series = " -> ".join(f"{value:.2g}" if value < 10 else f"{value:.0f}" for value in days)
    slope = view.service.trend.rise("live_per_client")
    return f"live connections per client, day by day: {series}; {slope:+.2f} a day" if days else ""


def lived(view: View, least: float, most: float) -> str:
    """The share of the connections that lived so long, and how long the latest of these did."""
    lifetimes = view.service.lifetimes
    share, latest = lifetimes.share(least, most), lifetimes.examples(least, most)
    said = (
        f"{share:.0%} of the {lifetimes.closed:,} that closed lived {spoken(round(least))} to "
        f"{spoken(round(most))}"
    )
    lasted = [one.lasted for one in latest]
    return said + (f", the latest {_spoken(median(lasted))} at the median" if lasted else "")


def older(view: View, age: float) -> str:
    """How many are that old, and the age of the oldest."""
    count, now, oldest = counting.count_older(view, age), view.now, 0
    if not count or now is None:
        return ""
    for life in view.group.lives.values():
        if life.since != UNTIMED:
            oldest = max(oldest, now - EPOCH - life.since)
    return f"{count:,} open for more than {_spoken(age)}, the oldest for {spoken(oldest)}"


def lifetime(view: View, share: float) -> str:
    """A quantile of the lifetimes."""
    found = view.service.lifetimes.quantile(share)
    closed = view.service.lifetimes.closed
    if found is None:
        return ""
    return f"{100 * share:g}% of the {closed:,} that closed lived about {spoken(found)} at most"


def variation(view: View, kind: str) -> str:
    """How many events, how far apart, and how much that varies."""
    seen = view.kept(kind)[-counting.MAX_INTERVALS - 1 :]
    times = [one.event.time for one in seen if one.event.time is not None]
    intervals = [later - earlier for earlier, later in pairwise(times)]
    if len(intervals) < 2:
        return ""
    every = f"every {_spoken(fmean(intervals))}, give or take {counting.variation(view, kind):.0%}"
    return f"{len(times):,} within {_spoken(times[-1] - times[0])}, {every}"


def count(view: View, kind: str) -> str:
    """How long lost peers, or what drains, stayed beside the newer one, and how long they may."""
    told = _DELAYED.get(kind)
    if told is None:
        return ""
    delays = sorted([seen.delay for seen in view.kept(kind) if seen.delay is not None])
    if not delays:
        return ""
    least, most = delays[0], delays[-1]
    took = f"{len(delays):,} {told} {_spoken(median(delays))}"
    if least < most:
        took += f" at the median, {spoken(least)} to {spoken(most)}"
    return f"{took}; {view.service.heartbeat.grounds()}"


@lru_cache(maxsize=256)  # mostly what is written in a rule
def _spoken(ns: float) -> str:
    return spoken(round(ns))
