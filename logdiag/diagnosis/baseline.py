"""What is usual, minute by minute: a robust baseline of events, and what comes in spikes together.

A bin is a spike if it is above the median of the last 60 bins by 6 MAD (median absolute deviation;
Leys et al., "Detecting outliers", J. Exp. Soc. Psychol. 49, 2013) and by 5 events.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from logdiag.model import SECOND

if TYPE_CHECKING:
    from logdiag.diagnosis.grouping import Clients

BIN: Final = 60 * SECOND
BINS: Final = 60  # an hour of history
LEAST_BINS: Final = 10  # with less nobody knows what is usual
DEVIATIONS: Final = 6
LEAST_ABOVE: Final = 5  # events above the median: in a quiet log two are not a spike
MAX_CLIENTS: Final = 2_000  # clients told apart per kind and bin; more make the shares a sample

Pair = tuple[str, str]


class _Kind:
    """The events of one kind."""

    __slots__ = ("_least", "_limit", "_middle", "again", "clients", "count", "history")

    def __init__(self) -> None:
        self.count = 0
        self.clients: dict[str, int] = {}  # how many each of them had in this bin
        self.again: set[str] = set()  # those that had more than one beyond their connections
        self.history: deque[int] = deque(maxlen=BINS)
        self._middle: float | None = None  # None: not worked out yet
        self._least = float(LEAST_ABOVE)  # with fewer it is no spike, as far as that is worked out
        self._limit: float | None = None  # what a spike exceeds

    def name(self, client: str | None, holding: Clients) -> None:
        """One of them was of that client."""
        clients = self.clients
        if client is None:
            return
        before = clients.get(client)
        if before is not None:
            clients[client] = before + 1
            if before > holding.held_by(client):
                self.again.add(client)
        elif len(clients) < MAX_CLIENTS:
            clients[client] = 1

    def learn(self) -> None:
        """The history is another one: what is usual, too."""
        self._middle = self._limit = None
        self._least = float(LEAST_ABOVE)

    @property
    def middle(self) -> float:
        """The median of the history."""
        if self._middle is None:
            self._middle = median(self.history)
        return self._middle

    @property
    def spikes(self) -> bool:
        """Whether this bin is a spike."""
        if self.count < self._least or len(self.history) < LEAST_BINS:
            return False
        self._least = self.middle + LEAST_ABOVE
        if self.count < self._least:
            return False
        if self._limit is None:
            deviation = median([abs(count - self.middle) for count in self.history])
            self._limit = self.middle + DEVIATIONS * deviation
        return self.count > self._limit


class Baselines:
    """The kinds of events that rules compare with what is usual, in bins of event time.

    `asked`: kinds, each as a tuple of one, and pairs of them.
    """

    def __init__(self, asked: Iterable[tuple[str, ...]]) -> None:
        asked = set(asked)
        self._pairs: list[Pair] = sorted((one[0], one[1]) for one in asked if len(one) > 1)
        names = {kind for one in asked for kind in one}
        self._kinds = {kind: _Kind() for kind in sorted(names)}
        self._bin: int | None = None
        self._ends = -1  # when the bin does, ns
        # For each pair: (clients of the second's spike, those with the first, of all: with, all)
        self._together: dict[Pair, deque[tuple[int, int, int, int]]] = {
            pair: deque(maxlen=BINS) for pair in self._pairs
        }
        self._met: dict[Pair, int] = {}  # see `together`; until a bin is closed
        # By kind: when a bin last was a spike (ns), and by how many events.
        self._spiked: dict[str, tuple[int, float]] = {}

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds to be noted."""
        return frozenset(self._kinds)

    def note(self, kind: str, client: str | None, time: int | None, holding: Clients) -> bool:
        """One event, of one of the service's clients; gives whether its bin is a spike."""
        one = self._kinds[kind]
        if time is None:
            return one.spikes
        if self._bin is None or time >= self._ends:
            self._advance(time // BIN, holding.count)
        one.count += 1
        one.name(client, holding)
        spikes = one.spikes
        if spikes:
            self._spiked[kind] = (time, one.count - one.middle)
        return spikes

    def name(self, kind: str, client: str | None, holding: Clients) -> None:
        """Whose event it was."""
        self._kinds[kind].name(client, holding)

    def rename(self, kind: str, names: list[str], client: str) -> None:
        """Events of this bin were that client's, whom their own lines may know less well."""
        known = self._kinds[kind].clients
        count = 0
        for one in names:
            if one != client and one in known:
                count += known[one]
                del known[one]
        if client not in known and len(known) < MAX_CLIENTS:
            known[client] = max(1, count)

    def _advance(self, number: int, clients: int) -> None:
        """Close the bin, and those in which nothing happened."""
        if self._bin is not None:
            for pair in self._pairs:
                self._compare(pair, clients)
            for one in self._kinds.values():
                one.history.extend([one.count, *[0] * min(number - self._bin - 1, BINS)])
                one.learn()
                one.count, one.clients, one.again = 0, {}, set()
        self._bin, self._ends = number, (number + 1) * BIN

    def _compare(self, pair: Pair, clients: int) -> None:
        first, second = (self._kinds[kind] for kind in pair)
        everyone = max(clients, len(first.clients.keys() | second.clients.keys()))
        of_spike = second.clients.keys() if second.spikes else set()
        row = len(of_spike), len(first.clients.keys() & of_spike), len(first.clients), everyone
        self._together[pair].append(row)
        self._met.clear()

    # What rules ask

    def excess(self, kind: str, since: int | None) -> float:
        """By how much the latest spike exceeds the median; 0 if it was before `since` (ns)."""
        time, excess = self._spiked.get(kind, (0, 0.0))
        return excess if since is not None and time >= since else 0.0

    def known(self, kind: str) -> bool:
        """Whether there is enough history to say what is usual."""
        return len(self._kinds[kind].history) >= LEAST_BINS

    def clients(self, kind: str) -> int:
        """How many clients such events had in this bin."""
        return len(self._kinds[kind].clients)

    def again(self, kind: str) -> int:
        """How many of them had more of these than one for each page: one beyond its connections."""
        return len(self._kinds[kind].again)

    def together(self, first: str, second: str) -> int:
        """In how many spikes of the second kind clients had events of the first."""
        pair = first, second
        met = self._met.get(pair)
        if met is None:
            met = self._met[pair] = sum(row[1] > 0 for row in self._together[pair])
        return met

    def share(self, first: str, second: str) -> float:
        """How many of the clients in spikes of the second kind had events of the first."""
        rows = self._together[first, second]
        of_spikes = sum(row[0] for row in rows)
        return sum(row[1] for row in rows) / of_spikes if of_spikes else 0.0

    def lift(self, first: str, second: str) -> float:
        """That share, over the share of all clients that had events of the first."""
        rows = self._together[first, second]
        everyone = sum(row[3] for row in rows)
        usual = sum(row[2] for row in rows) / everyone if everyone else 0.0
        return self.share(first, second) / usual if usual else 0.0

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        return {
            "bin": self._bin,
            "kinds": {
                kind: [one.count, sorted(one.clients.items()), sorted(one.again), list(one.history)]
                for kind, one in self._kinds.items()
            },
            "together": [[*pair, list(rows)] for pair, rows in self._together.items()],
            "spiked": self._spiked,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made; what no rule asks for any more is left."""
        self._bin = state["bin"]
        self._ends = -1 if self._bin is None else (self._bin + 1) * BIN
        for kind, (count, clients, again, history) in state["kinds"].items():
            one = self._kinds.get(kind)
            if one is not None:
                one.count, one.clients, one.again = count, dict(clients), set(again)
                one.history.extend(history)
                one.learn()
        for first, second, rows in state["together"]:
            if (first, second) in self._together:
                self._together[first, second].extend(map(tuple, rows))
        self._met.clear()
        self._spiked = {kind: (time, excess) for kind, (time, excess) in state["spiked"].items()}
