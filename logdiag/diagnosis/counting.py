"""What the functions of the language count, for one view of a group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise
from math import ceil
from statistics import fmean, pstdev
from typing import Final

from logdiag.diagnosis.clients import SHARED, known_by
from logdiag.diagnosis.lifecycle import EPOCH, UNTIMED, Life
from logdiag.diagnosis.view import View
from logdiag.diagnosis.windows import Seen
from logdiag.model import Event

MAX_INTERVALS: Final = 64  # the latest ones of a window: in a storm it holds thousands
MAX_PILE: Final = 10_000  # connections looked at for those that pile up
INFINITE: Final[float] = float("inf")


# Connections: which ones, and how many. What is asked at each event is counted without a list.


def live(view: View) -> Iterator[Life]:
    """Live ones."""
    return view.lives()


def count_live(view: View) -> int:
    """How many of them there are."""
    return len(view.group.lives) if view.is_now else sum(1 for _ in view.lives())


def held(view: View) -> int:
    """Live connections of the client, if it is told from others."""
    return 0 if known_by(view.client) in SHARED else view.service.held_by(view.client)


def risen(view: View, _series: str = "live") -> Iterator[Life]:
    """Live ones that opened within the window."""
    return (life for life in view.lives_backwards() if view.in_window(life))


def count_risen(view: View, _series: str = "live") -> int:
    """How many they are."""
    return view.count_risen()


def older(view: View, age: float) -> Iterator[Life]:
    """Live ones at least that old (ns)."""
    return (life for life in view.lives() if (view.age(life) or 0) >= age)


def count_older(view: View, age: float) -> int:
    """How many they are."""
    time, count = view.time, 0
    if time is None or age == INFINITE:
        return 0
    latest = time - EPOCH - ceil(age)
    for life in view.group.lives.values():
        if UNTIMED < life.since <= latest:
            count += 1
    return count


def of_several(view: View) -> Iterator[Life]:
    """Those of clients that hold several, those of most first: what piles up."""
    held_by = view.service.held_by
    several: dict[str | None, list[Life]] = {}
    for life in islice(view.lives(), MAX_PILE):
        if held_by(life.client_key) > 1:
            several.setdefault(life.client_key, []).append(life)
    most_first = sorted(several.values(), key=len, reverse=True)
    return islice(chain.from_iterable(most_first), MAX_PILE // 10)


def twins(view: View) -> Iterator[Life]:
    """Those that opened just behind another one, both still live."""
    return iter(() if view.anonymous else view.twins())


def count_twins(view: View) -> int:
    """How many they are."""
    return 0 if view.anonymous else len(view.twins())


def left_behind(view: View, mark: str = "") -> Iterable[Life]:
    """Those whose client opened a newer one since; where nobody is named, it may be any.

    With a mark only those whose follower carries it.
    """
    if view.client is None:
        return view.marked(mark) if mark else view.lives()
    followed = view.followed
    return those(view, () if followed is None else followed.left_behind(view.place, mark))


def count_left_behind(view: View, mark: str = "") -> int:
    """How many they are."""
    if view.client is None:
        return view.proofs(mark) if mark else count_live(view)
    followed = view.followed
    if followed is None:
        return 0
    if len(view.group.key) == 1:  # of all that the client holds
        return followed.count(view.place, mark)
    lives = view.group.by_number
    return len([one for one in followed.left_behind(view.place, mark) if one in lives])


def latest_left_behind(view: View, count: int) -> list[Life]:
    """The latest ones of a client that it left behind, so many of them."""
    found: list[Life] = []
    for number in view.followed.backwards(view.place) if view.followed is not None else ():
        if len(found) == count:
            break
        life = view.group.by_number.get(number)
        if life is not None:
            found.append(life)
    found.reverse()
    return found


def orphans(view: View) -> Iterable[Life]:
    """Those left behind that never had a message, though another of the client had one since."""
    return those(view, sorted(_orphans(view)))


def count_orphans(view: View) -> int:
    """How many they are."""
    return len([number for number in _orphans(view) if number in view.group.by_number])


def _orphans(view: View) -> list[int]:
    return [] if view.followed is None else view.followed.orphans(view.place)


def those(view: View, numbers: Iterable[int]) -> list[Life]:
    """Those of the group that have these numbers."""
    lives = view.group.by_number
    return [life for number in numbers if (life := lives.get(number)) is not None]


def loads(view: View) -> int:
    """How many its client opened since it last had none; those since the moment, if they closed.

    All that there are, where only their number is known.
    """
    if view.anonymous:
        return len(view.group.lives)
    return (0 if view.followed is None else view.followed.loads) - view.count_younger()


def chance(view: View) -> float:
    """How likely it is that so few of them would have closed by now; 0 where nobody is named."""
    if view.client is None:
        return 0.0
    return view.service.following.chance(view.client, (view.now, view.line))


# The mark that an event of a kind leaves on the opening that follows.
_MARKS = {
    "auth_failure": "auth_failure", "closed": "reconnect", "reconnect": "reconnect",
    "cleanup": "cleanup", "opened": "twin",
}  # fmt: skip
EARLIER = tuple(_MARKS)  # the kinds that explain an opening


def mark_of(kind: str) -> str:
    """The mark that an event of that kind leaves on the opening that follows."""
    return _MARKS[kind]


def after(view: View, mark: str) -> Iterator[Life]:
    """Those that opened just after an event that leaves that mark."""
    return view.marked(mark)


def count_after(view: View, mark: str) -> int:
    """How many such events came before them."""
    return view.proofs(mark)


# Lines


def lived(view: View, least: float, most: float) -> Iterator[Seen]:
    """Some connections that lived so long: their closes, each with its opening."""
    for place, one in enumerate(view.service.lifetimes.examples(least, most)):
        yield Seen(place, _line("closed", *one.closed), one.opened)


def risen_totals(view: View) -> Iterator[Seen]:
    """The lines at which the server's total did not fall with its connections."""
    account = view.service.account()
    for place, rise in enumerate(account.rises if account is not None else ()):
        yield Seen(place, _line("closed", *rise.line), rise.before)


def samples(view: View) -> Iterator[Seen]:
    """How this log tells of openings and closes: the latest line of each."""
    for kind, sample in view.service.quality.samples.items():
        yield Seen(sample.ordinal, _line(kind, sample.source, sample.offset))


def _line(kind: str, source: int, offset: int) -> Event:
    return Event(kind, None, source, offset, 0, "")


# Events


def events(view: View, *kinds: str) -> Iterator[Seen]:
    """Those of these kinds within the window."""
    return view.events(*kinds)


def count(view: View, kind: str) -> int:
    """How many of that kind."""
    return view.count(kind)


def recent(view: View, kind: str, age: float) -> int:
    """How many of that kind are no older (ns), of those in the window."""
    return view.count(kind, round(age))


def events_since(view: View, kind: str, age: float) -> Iterator[Seen]:
    """Which ones they are."""
    found = list(view.events(kind))
    return iter(found[len(found) - recent(view, kind, age) :])


def pairs(view: View, first: str, second: str) -> int:
    """How often one of the first kind is followed by one of the second."""
    found, waiting = 0, False
    for seen in view.events(first, second):
        if seen.event.kind == first:
            waiting = True
        elif waiting:
            found, waiting = found + 1, False
    return found


def spike(view: View, kind: str) -> float:
    """By how much the service's latest spike within the window exceeds what is usual."""
    since = None if view.time is None else view.time - view.within
    return view.service.baselines.excess(kind, since)


def distinct(view: View, name: str) -> int:
    """How many different values of that field, among all kinds."""
    values = {getattr(seen.event, name) for seen in view.events()}
    return len(values - {None})


def variation(view: View, kind: str) -> float:
    """The coefficient of variation of the intervals: their standard deviation over their mean.

    Infinite without a clock, and for fewer than two intervals.
    """
    latest = list(view.events(kind))[-MAX_INTERVALS - 1 :]
    times = [seen.event.time for seen in latest if seen.event.time is not None]
    intervals = [later - earlier for earlier, later in pairwise(times)]
    mean = fmean(intervals) if len(intervals) > 1 else 0
    return pstdev(intervals) / mean if mean > 0 else INFINITE
