"""One group as a rule sees it: at one moment, counting only what is still live now.

A rule that holds "for 90 s" is asked about the moment 90 s ago: were there, by then, enough
connections of that kind that are live to this day? So churn, which always shows some connection,
never adds up to a leak, and a late close takes its connection out of the count.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice, takewhile
from typing import Any

from logdiag.diagnosis.baseline import Baselines
from logdiag.diagnosis.following import Following
from logdiag.diagnosis.groups import Group, Pair
from logdiag.diagnosis.handshakes import Handshakes
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.lifetimes import Lifetimes
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.quality import Quality
from logdiag.diagnosis.trend import Trend
from logdiag.diagnosis.windows import Seen
from logdiag.model import Mark

LEAST_RISE = 3  # connections by which an anonymous count must have risen for good
MAX_STEPS = 50  # marked openings that are looked at for a climb
SLOPE = (0.7, 1.5)  # connections per marked opening; less is chance, more has another cause
CLIMB = 0.75  # Kendall's tau of the valleys: how steadily they rise; a random walk reaches 0.5
MOST_REFUSED = 2  # times for each marked opening that the same is asked for: once more at most
LEAST_STEPS = 4  # marked openings: three that happen to climb are chance


class Service(ABC):
    """What a rule can ask about the service as a whole."""

    lifetimes: Lifetimes
    following: Following
    quality: Quality
    trend: Trend
    baselines: Baselines
    handshakes: Handshakes
    settle: int

    @abstractmethod
    def usual(self) -> tuple[int, int]:
        """How long connections must live to outlive what is usual here: ns, and lines."""

    @abstractmethod
    def scale(self, client: str | None, now: Moment) -> int | None:
        """How long is too long for that client in a short log, ns; None: nothing tells."""

    @property
    @abstractmethod
    def opens(self) -> int:
        """Connections that opened so far."""

    @property
    @abstractmethod
    def closes(self) -> int:
        """Connections that closed so far."""

    @property
    @abstractmethod
    def drift(self) -> int:
        """Connections that the server holds beyond what its lines account for."""

    @abstractmethod
    def held_by(self, key: str | None) -> int:
        """Live connections of that client."""

    @abstractmethod
    def growth(self) -> bool | None:
        """Whether clients become more over days, and connections only with them."""

    @abstractmethod
    def limit(self, group: Group) -> int:
        """How many live connections one client of that group may have."""

    @abstractmethod
    def limit_on(self, path: str | None, key: str | None) -> int | None:
        """How many live connections that client may have on one path; None if nobody else is."""

    @abstractmethod
    def restarted(self, view: View) -> bool | None:
        """Whether the server restarted around the view's moment; None: the log does not tell."""

    @abstractmethod
    def mass_reconnect(self, view: View) -> bool | None:
        """Whether a large share of the clients lost a connection and came back around then."""

    @abstractmethod
    def slow_heartbeat(self, view: View) -> bool:
        """Whether the server was seen to keep dead peers for long."""

    @abstractmethod
    def identity_outage(self, view: View) -> bool | None:
        """Whether requests of most clients were suddenly refused around then."""

    @abstractmethod
    def token_expiry(self, view: View) -> bool | None:
        """Whether the tokens of many clients expired around then, and were renewed."""

    @abstractmethod
    def many_users(self, address: str) -> bool | None:
        """Whether many users were refused from that address."""

    @abstractmethod
    def refused_since(self, ordinal: int) -> int:
        """How often, from that line on, the request was refused that was so most often."""

    @abstractmethod
    def closes_unseen(self) -> bool:
        """Whether nothing in the log ever tells that a connection ended."""

    @abstractmethod
    def gap(self, view: View) -> bool:
        """Whether lines went missing around then."""


class View:
    """A group, the moment it is judged at, and the window that ends there."""

    __slots__ = (
        "client", "group", "is_now", "known", "line", "now", "service", "time", "within",
        "within_lines",
    )  # fmt: skip

    def __init__(
        self, service: Service, group: Group, now: int | None, moment: Moment,
        within: int, within_lines: int, *, is_now: bool,
    ) -> None:  # fmt: skip
        self.service = service
        self.group = group
        self.client = group.client  # asked for often, and worked out from its rules
        self.now = now
        self.time, self.line = moment
        self.is_now = is_now
        self.within = within
        self.within_lines = within_lines
        self.known: dict[str, Any] | None = None  # what was asked, where several rules ask

    def holds(self, life: Life) -> bool:
        """Whether it had opened by the moment."""
        if self.time is None or life.opened_at is None:
            return life.opened_ordinal <= self.line
        return life.opened_at <= self.time

    def lives(self) -> Iterator[Life]:
        """Live connections that had opened by the moment, oldest first."""
        return filter(self.holds, self.group.lives.values())

    def lives_backwards(self) -> Iterator[Life]:
        """The same, youngest first, no further back than the window."""
        for life in reversed(self.group.lives.values()):
            if not self.holds(life):
                continue
            if not self.in_window(life):
                return
            yield life

    def younger(self) -> Iterator[Life]:
        """Live connections that opened since the moment, youngest first."""
        return takewhile(lambda life: not self.holds(life), reversed(self.group.lives.values()))

    def in_window(self, life: Life) -> bool:
        """Whether it opened within the window."""
        if self.time is None or life.opened_at is None:
            return life.opened_ordinal > self.line - self.within_lines
        return life.opened_at >= self.time - self.within

    @property
    def anonymous(self) -> bool:
        """Whether nobody can say which of the connections are left: there is only the count."""
        return self.group.anonymous

    def pairs(self, mark: str) -> Iterator[Pair]:
        """The marked openings, up to now, since the count was last zero or began to rise."""
        first = next(iter(self.group.lives.values())).opened_ordinal
        return (pair for pair in self.group.pairs if pair.mark == mark and pair.ordinal >= first)

    def risen_with(self, mark: str) -> int:
        """By how many the count rose for good, if it rose step by step with marked openings.

        Without ids the connections that are left are those above which the count never fell
        again. They are laid to the marked openings if the count climbs by about one with each of
        these, step by step, and has not fallen back since. Where the same is refused
        much more often than that, a refusal comes before any opening, whatever made it.
        """
        if len(list(islice(self.lives(), LEAST_RISE))) < LEAST_RISE:
            return 0
        held = len(self.group.lives)
        pairs: list[Pair] = []
        proofs: set[Mark] = set()
        for pair in self.pairs(mark):
            pairs.append(pair)
            proofs.add(pair.proof)
            if SLOPE[0] * len(proofs) > held:
                return 0  # in a healthy log soon, of thousands of pairs
        steps = len(proofs)
        if held > SLOPE[1] * steps:
            return 0
        if not climbs(self._valleys(pairs)):
            return 0
        refused = mark == "auth_failure" and self.service.refused_since(pairs[0].ordinal)
        return min(held, steps) if refused <= MOST_REFUSED * steps else 0

    def _valleys(self, pairs: Sequence[Pair]) -> list[int]:
        """The least count before each marked opening, and since the last one.

        What comes and goes besides lifts the count for a while; it does not lift the valleys.
        """
        valleys: dict[Mark, int] = {}
        for pair in pairs[-MAX_STEPS:]:
            valleys[pair.proof] = min(pair.valley, valleys.get(pair.proof, pair.valley))
        return [*valleys.values(), self.group.valley]

    def marked(self, mark: str) -> Iterator[Life]:
        """Live connections that carry the mark, oldest first; all of them if anonymous."""
        if self.anonymous:
            return self.lives()
        return filter(self.holds, self.group.marked.get(mark, {}).values())

    def proofs(self, mark: str) -> int:
        """How many different lines earned live connections that mark."""
        if self.anonymous:
            return self.risen_with(mark)
        if self.is_now:
            return len(self.group.proofs.get(mark, ()))
        return len({(life.marks or {}).get(mark) for life in self.marked(mark)})

    def twin_lives(self, life: Life) -> bool:
        """Whether the connection that it is a twin of is live too."""
        before = (life.marks or {})["twin"][:2]
        return any(other.opened_line == before for other in self.group.lives.values())

    def age(self, life: Life) -> int | None:
        """Its age at the moment, in ns; None without a clock."""
        return life.age(self.time)

    def limit(self) -> int:
        """How many live connections one client may have."""
        return self.service.limit(self.group)

    def events(self, *kinds: str) -> Iterator[Seen]:
        """Events of those kinds (of any, if none is named) within the window, oldest first."""
        windows = self.group.windows or {}
        found = [
            windows[kind].events((self.time, self.line), self.within, self.within_lines)
            for kind in (kinds or windows)
            if kind in windows
        ]
        return iter(found[0]) if len(found) == 1 else merge(*found, key=lambda seen: seen.ordinal)

    def count(self, kind: str, age: int | None = None) -> int:
        """How many events of that kind are within the window, and no older than that (ns)."""
        window = self.group.windows and self.group.windows.get(kind)
        if not window:
            return 0
        within = self.within if age is None else min(age, self.within)
        begin, end = window.span((self.time, self.line), within, self.within_lines)
        return end - begin


def climbs(counts: Sequence[int]) -> bool:
    """Whether a series climbs from step to step.

    By Kendall's tau: concordant less discordant pairs, over all pairs (Kendall, "A New Measure of
    Rank Correlation", Biometrika 30, 1938).
    """
    n = len(counts)
    if n <= LEAST_STEPS:
        return False
    rising = sum(
        (later > earlier) - (later < earlier)
        for place, later in enumerate(counts)
        for earlier in counts[:place]
    )
    return rising >= CLIMB * n * (n - 1) / 2
