"""What rules can ask about the service as a whole (see `view.Service`)."""

from __future__ import annotations

from collections import Counter, deque
from itertools import islice
from statistics import median_low
from typing import Any, Final

from logdiag.diagnosis.connections import Connections
from logdiag.diagnosis.following import BY_CHANCE, MAX_LOOKED_AT, Following
from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.heartbeat import Heartbeat
from logdiag.diagnosis.lifecycle import EPOCH, UNTIMED, Life
from logdiag.diagnosis.lifetimes import Lifetimes
from logdiag.diagnosis.moments import Moment, far
from logdiag.diagnosis.notes import Notes
from logdiag.diagnosis.quality import Quality
from logdiag.diagnosis.service import NOWHERE, Service
from logdiag.diagnosis.surroundings import LONG, LONG_LINES, Surroundings, most, near
from logdiag.diagnosis.totals import Account
from logdiag.diagnosis.trend import Trend
from logdiag.diagnosis.view import View
from logdiag.model import SECOND, Event

LEAST_CLOSES: Final = 3  # closes that make a time scale
LEAST_SCALE: Final = SECOND
COMMON: Final = 0.5  # of the clients use a path that pages are meant to be on
MAX_UNNAMED: Final = 10_000  # openings that wait for the close of somebody
MAX_ADDRESSES: Final = 20_000  # where closes name nobody; of more nobody says who holds how much


class Known(Service):
    """Answers from the connections, their lifetimes and their surroundings."""

    def __init__(
        self, connections: Connections, clients: Clients, surroundings: Surroundings,
        notes: Notes, heartbeat: Heartbeat,
    ) -> None:  # fmt: skip
        self.heartbeat = heartbeat
        self.lifetimes = Lifetimes()
        self.following = Following(connections.live)
        self.quality = Quality()
        self.trend = Trend()
        self._late = Lifetimes()  # of connections that had leaked, as a finding said
        self._accused = 0  # the number of the latest one of these that closed
        self._lifelines = Lifetimes(least=1)  # the same in lines, where there is no clock
        self._unnamed: deque[Moment] = deque(maxlen=MAX_UNNAMED)  # openings
        self._addresses: set[str] = set()  # all that ever opened one, where closes name nobody
        self._opens = 0  # connections that opened so far
        self._connections = connections
        self._clients = clients
        self._surroundings = surroundings
        self.tabs = surroundings.per_client
        self._notes = notes
        self.baselines = notes.baselines
        self.handshakes = notes.handshakes

    def opened(self, life: Life, event: Event, moment: Moment) -> None:
        """A connection opened."""
        self._opens += 1
        source, offset = event.source, event.offset
        if event.kind == "closing" and (began := life.opened_line) is not None:
            source, offset = began
        self.quality.tells("opened", source, offset, moment, True)
        if life.client_key is None and life.client and len(self._addresses) < MAX_ADDRESSES:
            self._addresses.add(life.client)
        if self.trend.due(moment[0]):
            self.trend.sample(moment[0], *self._held())
        if life.origin.identity != "id":
            self._unnamed.append(moment)

    def _held(self) -> tuple[int, int]:
        """Live connections, and the clients that hold them.

        Where nobody knows who does, all that ever came may: fewer only hold more each.
        """
        if not self._addresses:
            return self._clients.held, self._clients.count
        known = len(self._addresses) < MAX_ADDRESSES
        return len(self._connections.live), len(self._addresses) if known else 0

    def closed(self, life: Life, event: Event, moment: Moment, *, named: bool) -> None:
        """A connection closed; `named`: its line said which one."""
        self.quality.tells("closed", event.source, event.offset, moment, named)
        time, line = moment
        if not named and self._unnamed:
            began, ordinal = self._unnamed.popleft()
            if began is not None and time is not None:
                self.lifetimes.add(time - began)
            else:
                self._lifelines.add(line - ordinal)
        elif time is not None and life.since != UNTIMED:
            lasted = time - EPOCH - life.since
            self.lifetimes.add(lasted, life, event)
            if life.number == self._accused:
                self._late.add(lasted)
        else:
            self._lifelines.add(line - life.opened_ordinal)

    def unseen(self, life: Life, event: Event, moment: Moment) -> None:
        """A connection closed whose opening no line told."""
        named = life.identity != "count"
        self.quality.tells("closed", event.source, event.offset, moment, named)

    def lost_track(self, life: Life) -> None:
        """A restart or a gap ended it: what was open before closes no more."""
        self._unnamed.clear()
        self._notes.deliveries.lost_track()
        self._notes.losses.went(life)

    def closes_late(self, life: Life) -> None:
        """It closes, and a finding says that it leaked: that is not how long others live."""
        self._accused = life.number

    def usual(self) -> tuple[int, int]:
        """How long connections must live to outlive what is usual here: ns, and lines."""
        late = self._late
        lifetimes = self.lifetimes.without(late) if late.closed else self.lifetimes
        return lifetimes.usual() or 0, self._lifelines.usual() or 0

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [
            self.lifetimes.snapshot(), self._lifelines.snapshot(), list(self._unnamed),
            self._opens, self.following.snapshot(), self.quality.snapshot(), self.trend.snapshot(),
            sorted(self._addresses), self.heartbeat.snapshot(), self._late.snapshot(),
        ]  # fmt: skip

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self.lifetimes.restore(state[0])
        self._lifelines.restore(state[1])
        self._unnamed.extend((time, line) for time, line in state[2])
        self._opens = state[3]
        self.following.restore(state[4])
        self.quality.restore(state[5])
        self.trend.restore(state[6])
        self._addresses = set(state[7])
        self.heartbeat.restore(state[8])
        self._late.restore(state[9])

    def scale(self, client: str | None, now: Moment) -> int | None:
        """How long a connection must stay open to be too long, in a short log, in ns.

        Learnt from all that closed; where the client is known, from those that nobody followed: in
        a short log what was left behind may be most of what closed. None while too few closed.
        It is not asked for where together the client's stayed open too long for chance.
        """
        if client is not None and self.following.odds(client, now) < BY_CHANCE:
            return LEAST_SCALE
        lifetimes = self.lifetimes if client is None else self.following.lasted
        if lifetimes.closed < LEAST_CLOSES:
            return None
        usual = 2 * (lifetimes.quantile(0.95) or 0)
        return min(self.settle, max(usual, LEAST_SCALE))

    @property
    def opens(self) -> int:
        """Connections that opened so far."""
        return self._opens

    @property
    def closes(self) -> int:
        """Connections that closed so far."""
        return self._connections.closes

    @property
    def drift(self) -> int:
        """Connections that the server holds beyond what its lines account for."""
        return self._connections.totals.drift

    def account(self) -> Account | None:
        """What the server says that it holds, and what its lines account for."""
        return self._connections.totals.account()

    def limit(self, group: Group) -> int:
        """How many live connections one client of that group may have."""
        life = next(iter(group.lives.values()), None)
        return self._surroundings.limit(life.client_key if life else None)

    def limit_on(self, path: str | None, key: str | None) -> int | None:
        """How many live connections that client may have on one path; None if nobody else is."""
        there = (one.client_key for one in self._connections.live if one.path == path)
        others = Counter(other for other in there if other not in (None, key))
        if path is None or not others:
            return None
        return self._surroundings.allowed(most(others.values()))

    def usual_on_paths(self, key: str | None) -> dict[str, int]:
        """By path, where half of the clients beside that one have connections: how many.

        At the median, as far as the oldest connections tell: what pages keep open is among them.
        """
        held: dict[str, dict[str, int]] = {}  # by path and client
        path, there = "", dict[str, int]()
        for life in islice(self._connections.live, MAX_LOOKED_AT):
            client = life.client_key
            if client is None or client == key:
                continue
            if (latest := life.path or NOWHERE) is not path:  # mostly they share one
                path, there = latest, held.setdefault(latest, {})
            there[client] = there.get(client, 0) + 1
        clients: set[str] = set()
        for some in held.values():
            clients.update(some)
        least = COMMON * len(clients)
        return {
            path: median_low(some.values()) for path, some in held.items() if len(some) >= least
        }

    def restarted(self, view: View) -> bool | None:
        """Whether the server restarted around the view's moment; None: the log does not tell."""
        processes = self._connections.processes
        if near(processes.restart, (view.time, view.line)):
            return True
        telling = processes.restart or processes.named or self._connections.totals.reported
        return False if telling else None

    def growth(self) -> bool | None:
        """Whether clients become more over days, and connections only with them."""
        if not self.trend.long:
            return None
        return self.trend.rise("clients") > 0 and not self.trend.rise("live_per_client")

    def held_by(self, key: str | None) -> int:
        """Live connections of that client."""
        return self._clients.held_by(key)

    def mass_reconnect(self, view: View) -> bool | None:
        """Whether a herd came back around the view's moment."""
        if near(self._surroundings.herd, (view.time, view.line)):
            return True
        return False if self._clients.count else None

    def slow_heartbeat(self, view: View) -> bool:
        """Whether a dead peer was kept for long here, in the time before the view's moment."""
        seen, then = self._surroundings.half_open, (view.time, view.line)
        return seen is not None and not far(seen, then, LONG, LONG_LINES)

    def identity_outage(self, view: View) -> bool | None:
        """Whether requests of most clients were suddenly refused around the view's moment."""
        if near(self._surroundings.outage, (view.time, view.line)):
            return True
        return False if self._notes.baselines.known("auth_failure") else None

    def token_expiry(self, view: View) -> bool | None:
        """Whether many clients were refused once each around the view's moment."""
        if near(self._surroundings.expiry, (view.time, view.line)):
            return True
        known = self._notes.baselines.known("auth_failure") and self._clients.count
        return False if known else None

    def many_users(self, address: str) -> bool | None:
        """Whether many users were refused from that address."""
        return self._notes.attempts.many_users(address)

    def refused_since(self, ordinal: int) -> int:
        """How often, from that line on, the request was refused that was so most often."""
        return self._notes.marks.refused_since(ordinal)

    def closes_unseen(self) -> bool:
        """Whether nothing in the log ever tells that a connection ended."""
        return not self._connections.closes and not self._connections.totals.reported

    def gap(self, view: View) -> bool | None:
        """Whether lines went missing around the view's moment; None: the log was silent then."""
        then, silences = (view.time, view.line), self._connections.silences
        if near(self._surroundings.gap, then) or near(silences.hole, then):
            return True
        suspicious = silences.latest is not None and near(silences.latest.end, then)
        return None if suspicious and not self._connections.totals.reported else False
