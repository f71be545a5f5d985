"""How the service's connections and clients grow over days, by roll-ups of an hour.

The slope is Theil and Sen's: the median of the slopes between all pairs of roll-ups (Sen,
"Estimates of the Regression Coefficient Based on Kendall's Tau", JASA 63, 1968). A third of them
may lie anywhere without moving it. It counts only if the series rises steadily, by Kendall's tau
of the same pairs: what swings with the day does not.
"""

from __future__ import annotations

from collections import deque
from itertools import combinations
from statistics import median
from typing import Any, Final, Literal

from logdiag.model import SECOND

Series = Literal["live", "clients", "live_per_client"]
SERIES: tuple[Series, ...] = ("live", "clients", "live_per_client")

HOUR: Final = 3600 * SECOND
DAY: Final = 24  # roll-ups
SAMPLE: Final = HOUR // 4
ROLLUPS: Final = 7 * DAY  # a week, so that its days weigh the same
LEAST_SPAN: Final = 2 * DAY  # a day is no trend
LEAST_ROLLUPS: Final = 16  # hours in which something opened
STEADY: Final = 0.4  # Kendall's tau; a daily swing without growth reaches 0.1


class Trend:
    """Roll-ups of one service, and what follows from them."""

    def __init__(self) -> None:
        # (hour since 1970, sum of live connections, sum of clients, samples), the last one open
        self._rollups: deque[tuple[int, int, int, int]] = deque(maxlen=ROLLUPS + 1)
        self._next = -1  # when the next sample is due, ns
        self._rises: dict[Series, float] = {}  # per day; empty: too short to tell

    def due(self, time: int | None) -> bool:
        """Whether a sample is due at event time `time` (ns)."""
        return time is not None and time >= self._next

    def sample(self, time: int | None, live: int, clients: int) -> None:
        """So many connections are live, of so many clients."""
        if time is None:
            return
        self._next = time - time % SAMPLE + SAMPLE
        hour = time // HOUR
        if self._rollups and self._rollups[-1][0] == hour:
            _, lives, some, samples = self._rollups.pop()
            live, clients, before = live + lives, clients + some, samples
        else:
            self._learn()
            before = 0
        self._rollups.append((hour, live, clients, before + 1))

    def rise(self, series: Series) -> float:
        """By how much it rises per day; 0 if it does not, not steadily, or not for two days."""
        return self._rises[series] if self._rises else 0.0

    @property
    def long(self) -> bool:
        """Whether the log is long enough to tell."""
        rollups = self._rollups
        return len(rollups) > LEAST_ROLLUPS and rollups[-1][0] - rollups[0][0] >= LEAST_SPAN

    def by_day(self) -> list[float]:
        """Live connections per client, in each 24 hours since the first that is kept."""
        days: dict[int, tuple[int, int]] = {}
        for hour, live, clients, _ in self._rollups:
            day = (hour - self._rollups[0][0]) // DAY
            lives, some = days.get(day, (0, 0))
            days[day] = lives + live, some + clients
        return [lives / some for lives, some in days.values() if some]

    def _learn(self) -> None:
        """An hour is over."""
        if not self.long:
            return
        rows = [row for row in self._rollups if row[2]]
        self._rises = {
            "live": _rise([(hour, live / n) for hour, live, _, n in rows]),
            "clients": _rise([(hour, clients / n) for hour, _, clients, n in rows]),
            "live_per_client": _rise([(hour, live / clients) for hour, live, clients, _ in rows]),
        }

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [list(self._rollups), self._next, self._rises]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self._rollups.extend(tuple(row) for row in state[0])
        self._next, self._rises = state[1], state[2]


def _rise(points: list[tuple[int, float]]) -> float:
    """Theil and Sen's slope per day, or 0 where the series does not rise steadily."""
    slopes = [(later - early) / (at - since)
              for (since, early), (at, later) in combinations(points, 2)]  # fmt: skip
    if not slopes:
        return 0.0
    tau = (sum(slope > 0 for slope in slopes) - sum(slope < 0 for slope in slopes)) / len(slopes)
    return DAY * max(0.0, median(slopes)) if tau >= STEADY else 0.0
