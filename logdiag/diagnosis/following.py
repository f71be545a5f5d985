"""Which connections a newer one of their client followed, and whether these end as others do.

A page that lets go of its socket without closing it opens the next one all the same: the old one
is *left behind*. Several tabs and offices behind one address leave connections behind, too, but
theirs end as connections of the service usually do, one by one. Those that nobody knows any more
do not end while the tab lasts. So it is not their number that tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from logdiag.diagnosis.clients import ONE_PERSON, known_by
from logdiag.diagnosis.followed import Followed
from logdiag.diagnosis.lifecycle import EPOCH, UNTIMED, Life
from logdiag.diagnosis.lifetimes import Lifetimes
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.rates import Numbers, by_chance
from logdiag.diagnosis.recent import Recent
from logdiag.diagnosis.visits import LEAST_CLIENTS, MANY_LOADS, Visit, Visits

MAX_FOLLOWED: Final = 100_000  # connections followed at once; while so many are, no more are added
LEAST_CLOSES: Final = 8  # so many closes make a rate to compare with
BY_CHANCE: Final = 0.005  # what is rarer is no chance
FEW_CLIENTS: Final = 4  # so few, that nobody waits for more
MAX_ORDERLY: Final = 40_000  # clients of whom is known that they closed before they opened
MAX_LOOKED_AT: Final = 250  # of the live ones, where the oldest tell enough
_MILLISECOND: Final = 1_000_000


class Following:
    """The connections that were left behind, and the rate at which all others close.

    Times are in ms, or in lines until the log tells a time. `live`: all live ones, oldest first.
    """

    def __init__(self, live: Iterable[Life] = ()) -> None:
        self._live = live
        self._clocked = False
        self._talks = False  # whether the log tells of messages, and to whom
        self.lasted = Lifetimes()  # of those that closed while they were their client's newest
        self.forget_clients()

    def forget_clients(self) -> None:
        """Nobody can say any more whose connections are left."""
        self.visits = Visits()
        self._clients: dict[str, Followed] = {}  # those with several connections
        self._followed = 0
        # By how many more connections a client closed in time than it left behind; never below 0.
        self._orderly: Recent[int] = Recent(MAX_ORDERLY)
        # Connections that are the newest of their client, until they end or are followed:
        self._closes = 0
        self._exposure = 0
        self._alone = 0  # live ones
        self._latest = 0  # when the latest of them opened
        self._waited = 0  # how long they had been open then, together

    def opened(self, life: Life, newest: Life | None, moment: Moment) -> None:
        """A connection of a client opened, whose newest one was that."""
        now = self._now(moment)
        self._waited += self._alone * (now - self._latest)  # as in `Followed`
        self._latest = now
        self._alone += 1
        if newest is None or newest.client_key is None:
            return
        key = newest.client_key  # the same text as that of the one that opened, kept already
        client = self._clients.get(key)
        if client is None:
            if self._followed >= MAX_FOLLOWED:
                return
            client = self._clients[key] = Followed(self._orderly.get(key) or 0)
        client.loads += 1
        if self._talks:
            client.silent = client.silent or set()
            client.silent.add(life.number)
        if client.follower(newest.number) is None and self._followed < MAX_FOLLOWED:
            client.follow(newest.number, now, life.marks)
            self._followed += 1
            self._no_longer_alone(newest, now)
        if client.visit is None and client.left > 1:
            client.visit = self.visits.began(self._visit(client))
        if client.visit is not None:
            self.visits.opened(client.visit, life.path, now)

    def _visit(self, client: Followed) -> Visit:
        """It begins where the client has two behind; what closed in time before counts as well."""
        return Visit(client.began, self._clocked, max(0, client.loads - client.left - 1))

    def spoke(self, life: Life | None, moment: Moment) -> None:
        """A message went over that connection."""
        if life is None:
            return
        self._talks = True
        client = self._clients.get(life.client_key or "")
        if client is not None:
            client.spoke = self._now(moment)
            if client.silent:
                client.silent.discard(life.number)

    def ended(self, life: Life, newest: Life | None, moment: Moment) -> None:
        """It is live no more; `newest` is its client's newest one now, if there is any."""
        now = self._now(moment)
        closed = life.state == "closed"
        client = self._clients.get(life.client_key or "")
        follower = client.leave(life.number) if client is not None else None
        if client is not None and client.visit is not None:
            self.visits.closed(client.visit, now, behind=follower is not None)
            client.visit.void = client.visit.void or not closed
        if client is not None and client.silent:
            client.silent.discard(life.number)
        if client is not None and follower is not None:
            self._followed -= 1
            client.closes += closed
            client.exposure += max(0, now - follower.since)
        else:
            self._closes += closed
            self._no_longer_alone(life, now)
            time, since = moment[0], life.since
            if closed and time is not None and since != UNTIMED:
                self.lasted.add(time - EPOCH - since)
        if newest is None and life.client_key is not None:
            self._has_none(life.client_key, client, now)

    def _has_none(self, key: str, client: Followed | None, now: int) -> None:
        if client is None:
            self._orderly.put(key, (self._orderly.get(key) or 0) + 1)
            self.visits.other(key)
        else:
            self._orderly.put(key, max(0, client.loads - 2 * client.closes))
            if client.visit is not None:
                self.visits.ended(key, client.visit, client.exposure, now)
            del self._clients[key]

    def of_client(self, key: str | None) -> Followed | None:
        """What that client left behind; None if it never held several."""
        return None if key is None else self._clients.get(key)

    @property
    def comparable(self) -> bool:
        """Whether enough connections closed to say how they usually do."""
        return self._closes >= LEAST_CLOSES

    @property
    def crowded(self) -> bool:
        """Whether there are so many clients that more of them will close soon."""
        return self._alone > FEW_CLIENTS

    def expected(self, key: str | None, now: Moment) -> tuple[int, float, int, int]:
        """Of the client's connections that were followed: how many closed, and should have.

        And how many others closed, and in what time together: what it is compared with.
        They should close at the rate of others: closes per connection and time, the estimate for
        lifetimes that have not all ended (Breslow, "Analysis of Survival Data under the
        Proportional Hazards Model", Int. Stat. Rev. 43, 1975).
        """
        client, place = self._clients.get(key or ""), self.place(now)
        others, at_risk = self._others(place)
        if client is None or at_risk <= 0:
            return 0, 0.0, others, at_risk
        return client.closes, client.at_risk(place) * others / at_risk, others, at_risk

    def _others(self, place: int) -> tuple[int, int]:
        """How many others closed, and in what time together.

        They are those that nobody followed, or those that were left behind where these close one
        by one, too, and later: who has many tabs keeps each for longer.
        """
        closes, waited = self._closes, self._waited + self._alone * (place - self._latest)
        at_risk = self._exposure + waited
        visits = self.visits
        if visits.closes >= LEAST_CLOSES and visits.closes * at_risk < closes * visits.exposure:
            return visits.closes, visits.exposure
        return closes, at_risk

    def chance(self, key: str | None, now: Moment) -> float:
        """The odds, and 0 while too few others closed to say in a service of few clients."""
        return self.odds(key, now) if self.comparable or self.crowded else 0.0

    def grows(self, key: str | None) -> bool:
        """Whether that client's visit grows as no tabs do, as far as other visits tell."""
        return self._growing(key) is not None

    def _growing(self, key: str | None) -> Visit | None:
        client = self._clients.get(key or "")
        visit = None if client is None else client.visit
        if key is None or visit is None or not visit.grows:
            return None
        if self.visits.end_whole:
            return visit
        if not (visit.many and self.visits.few_tabs and known_by(key) in ONE_PERSON):
            return None
        singles = self.visits.singles
        if len(singles) - (key in singles) < LEAST_CLIENTS:
            singles |= self._staying(visit.begun)
        return visit if len(singles) - (key in singles) >= LEAST_CLIENTS else None

    def _staying(self, since: int) -> frozenset[str]:
        """Clients that have kept one connection since then; none if more hold several.

        As far as the oldest connections tell.
        """
        found: set[str] = set()
        for life in islice(self._live, MAX_LOOKED_AT):
            if self._opened(life, since) > since:
                break
            if life.client_key is not None and life.client_key not in self._clients:
                found.add(life.client_key)
        return frozenset(found if len(found) >= len(self._clients) else ())

    def odds(self, key: str | None, now: Moment) -> float:
        """How likely any client had so few of them closed, if they closed as others do.

        None at all where its visit grows as no tabs do.
        """
        return 0.0 if self.grows(key) else self._odds_by_time(key, now)

    def _odds_by_time(self, key: str | None, now: Moment) -> float:
        closes, expected, others, _ = self.expected(key, now)
        clients = max(self._alone, len(self._clients))  # some had their newest one end first
        return by_chance(closes, expected, others, clients)

    def numbers(self, key: str | None, now: Moment) -> Numbers | None:
        """The numbers behind `chance`; None where there are none."""
        closes, expected, others, time = self.expected(key, now)
        if self._by_visits(key, now) or not (self.comparable and expected):
            return None
        return closes, expected, time / others, self._clocked

    def _by_visits(self, key: str | None, now: Moment) -> Visit | None:
        """The client's visit, if `chance` stands on that and not on times."""
        visit = self._growing(key)
        if self.visits.end_whole or visit is None:
            return visit
        return visit if self._odds_by_time(key, now) >= BY_CHANCE else None

    def visits_tell(self, key: str | None, now: Moment) -> str:
        """In words what `chance` stands on, if that is visits."""
        visit = self._by_visits(key, now)
        if visit is None or self.visits.end_whole:
            return self.visits.grounds() if visit else ""
        others = (self.visits.singles | self._staying(visit.begun)) - {key}
        return (
            f"{len(others)} others hold one connection at a time, as their visits tell or all the "
            f"time since this one began; here {MANY_LOADS + 2} loads or more each opened one more, "
            "and hardly any closed"
        )

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        since = self._alone * self._latest - self._waited
        return {
            "clocked": self._clocked, "talks": self._talks, "lasted": self.lasted.snapshot(),
            "alone": [self._closes, self._exposure, self._alone, since],
            "orderly": self._orderly.snapshot(), "visits": self.visits.snapshot(),
            "clients": [[key, client.plain()] for key, client in self._clients.items()],
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        self._clocked, self._talks = state["clocked"], state["talks"]
        self.lasted.restore(state["lasted"])
        self._closes, self._exposure, self._alone, since = state["alone"]
        self._latest, self._waited = 0, -since
        self._orderly.restore(state["orderly"])
        self.visits.restore(state["visits"])
        for key, plain in state["clients"]:
            client = self._clients[key] = Followed.restored(plain)
            self._followed += client.left
            if client.visit is not None:
                self.visits.began(client.visit)

    def _opened(self, life: Life, now: int) -> int:
        if not self._clocked:
            return life.opened_ordinal
        since = life.since
        return now if since == UNTIMED else (since + EPOCH) // _MILLISECOND

    def _no_longer_alone(self, life: Life, now: int) -> None:
        opened = self._opened(life, now)
        self._alone -= 1
        self._waited -= self._latest - opened
        self._exposure += max(0, now - opened)

    def _now(self, moment: Moment) -> int:
        if moment[0] is not None and not self._clocked:
            self.forget_clients()
            self._clocked = True
        return self.place(moment)

    def place(self, moment: Moment) -> int:
        """The moment in ms, or in lines until the log tells a time."""
        time, line = moment
        return time // _MILLISECOND if self._clocked and time is not None else line
