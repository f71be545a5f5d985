"""The cases: every root cause, and every healthy day that looks like one at first sight.

A case is a composition of what the other modules model: how the server is run, what is wrong with
the application that some clients have, what those clients do, and what else happens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from logdiag.simulation.browser import App
from logdiag.simulation.people import Habits
from logdiag.simulation.scene import (
    Scene,
    deploys,
    guessers,
    herds,
    outages,
    robots,
)
from logdiag.simulation.server import Operation

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR
RIGHT, USUAL, SOUND = App(), Habits(), Operation()
EAGER = Habits(stay=60.0, elsewhere=8.0, pages=(5, 12), reads=25.0)
OFFICE = "198.51.100.77"


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule that a reader can prove, if the log tells so much."""

    rule: str
    needs: frozenset[str]


@dataclass(frozen=True)
class Case:
    """One root cause or one healthy day. Times in seconds.

    `shows` is in order, the rule that says most first: the first one whose needs a format meets is
    the one to be expected of it.
    `also` are rules that are true of the same connections, beside it.
    """

    name: str
    title: str
    shows: tuple[Shown, ...] = ()
    also: frozenset[str] = frozenset()
    app: App = RIGHT
    habits: Habits = USUAL
    share: tuple[float, float] = (0.0, 0.0)  # of the clients that have that app and those habits
    background: Habits = USUAL  # what all others do
    operation: Operation = SOUND
    duration: float = 45 * MINUTE
    clients: int = 30
    within: float = 5 * MINUTE  # all have begun by then
    address: str | None = None  # that the clients of the case share
    lost: float = 0.0  # seconds of the log that are lost
    least: float = 0.0  # seconds of log without which nobody can prove it
    format: str = "node-ws"  # whose log it is, unless another one is asked for
    beside: Callable[[Scene], None] = robots

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.shows

    @property
    def cause(self) -> str:
        """The id of the rule for the root cause; empty on a healthy day."""
        return self.shows[0].rule if self.shows else ""

    def expected(self, tells: frozenset[str]) -> str:
        """The rule that a reader can prove in a log that tells so much; else why there is none."""
        found = (shown.rule for shown in self.shows if shown.needs <= tells)
        return next(found, "none" if self.healthy else "cannot_tell")

    def right(self, expected: str) -> frozenset[str]:
        """The rules that name the cause where that is expected: it, and those that say more.

        Where the log tells too little, the right name is no mistake, whichever it is.
        """
        rules = [shown.rule for shown in self.shows]
        if expected in rules:
            rules = rules[: rules.index(expected) + 1]
        return frozenset(rules)

    def begin(self, scene: Scene, clients: int) -> None:
        """Put the people in place: those of the case, the healthy ones, and what else happens."""
        affected = 0
        if self.share[1]:
            affected = max(1, round(clients * scene.world.dice.uniform(*self.share)))
        within = min(self.within, scene.duration)
        scene.people(clients - affected, RIGHT, self.background, within)
        scene.people(affected, self.app, self.habits, within, self.address)
        self.beside(scene)


def _shown(rule: str, needs: str) -> Shown:
    return Shown(rule, frozenset(needs.split()))


REMOUNT = _shown("remount-duplicate", "opened closed client id")

_ALL = (
    Case(
        "D1", "each mount of a page opens one more connection, and no unmount closes it",
        (REMOUNT,), frozenset({"duplicate-delivery"}),
        app=App(cleanup="never"), habits=EAGER, share=(0.07, 0.35),
    ),
    # Until the first tab is closed, nothing shows that closes are logged at all. No page tells what
    # ends with its tab, so their consoles show no close at all; a server's log has refusals, too.
    Case(
        "D1-everywhere", "the same, and everybody has that page",
        (_shown("remount-duplicate", "opened closed client id 401"),),
        frozenset({"duplicate-delivery", "poor-log"}),
        app=App(cleanup="never"), habits=EAGER, share=(1.0, 1.0),
    ),
    # To its server a forgotten socket that opened late is the newer one: what goes to the page's
    # own alone goes to an older one, as far as a log without the page's words can tell.
    Case(
        "D2", "the cleanup closes what is open, and forgets what is still connecting",
        (_shown("closed-only-when-open", "opened closed client id cleanup"), REMOUNT),
        frozenset({"duplicate-delivery", "unanswered-handshake"}), app=App(cleanup="when open"),
        habits=Habits(hasty=0.5, pages=(8, 16), elsewhere=8.0),
        share=(0.07, 0.35), operation=Operation(handshake=0.9), background=Habits(hasty=0.2),
    ),
    Case(
        "D3", "two timers reconnect after one loss, and only one connection is kept track of",
        (_shown("reconnect-race", "opened closed client id"),), frozenset({"duplicate-delivery"}),
        app=App(timers=2), habits=Habits(stay=900.0, resets=100.0, pages=(1, 2)),
        share=(0.07, 0.35),
    ),
    Case(
        "D3-drains", "a page renews its connection: the next one opens before the old one closes",
        (_shown("overlap-drained", "opened closed client id clock"),),
        app=App(overlap=5.0), habits=Habits(stay=900.0, wakes=100.0, pages=(1, 2)),
        share=(0.07, 0.35),
    ),
    Case(
        "D4", "a page mounts before its token is there: each time a 401 and one more connection",
        (_shown("auth-loading-race", "opened closed 401 id"), REMOUNT),
        frozenset({"duplicate-delivery"}),
        app=App(cleanup="never", waits_for_token=False), habits=EAGER, share=(0.07, 0.35),
    ),
    Case(
        "D4-quiet", "the same while hardly anybody is there: then a count alone shows it",
        (_shown("auth-loading-race", "opened closed 401"), REMOUNT),
        frozenset({"duplicate-delivery"}),
        app=App(cleanup="never", waits_for_token=False), habits=EAGER, share=(0.4, 0.7),
        clients=2, duration=HOUR,
    ),
    Case(
        "D4b", "a refused request is tried again for ever, at a fixed interval",
        (_shown("auth-retry-loop", "401 401-client clock"),),
        app=App(refreshes=False, retry=5.0, backoff=1.0), habits=Habits(token=240.0, stay=600.0),
        share=(0.05, 0.2),
    ),
    Case(
        "D5", "the final status goes to the connection that was there first, and is there no more",
        (_shown("duplicate-delivery", "opened closed client id recipients"), REMOUNT),
        frozenset({"remount-duplicate"}),
        app=App(cleanup="never"),
        habits=Habits(stay=70.0, elsewhere=8.0, pages=(5, 12), uploads=0.8), share=(0.07, 0.35),
        operation=Operation(final_to_first=True),
    ),
    # One long life beside a newer connection may be a screen that is never switched off: two or
    # more per client are a pattern, so it happens that often to some of a few clients.
    Case(
        "D6", "once in a long while a connection is replaced and not closed",
        (_shown("abandoned", "opened closed client id clock"),), frozenset({"duplicate-delivery"}),
        app=App(slips=0.5), habits=Habits(stay=40.0, pages=(200, 300), wakes=900.0),
        share=(0.15, 0.3), background=Habits(stay=40.0, elsewhere=30.0), duration=4 * HOUR,
        clients=12,
    ),
    Case(
        "D7", "every client keeps a few connections more each day",
        (_shown("slow-drift", "opened closed client clock"),),
        frozenset({"abandoned", "remount-duplicate", "duplicate-delivery"}),
        app=App(slips=0.5), share=(0.8, 0.9), clients=20, duration=4 * DAY, within=4 * HOUR,
        least=2 * DAY,
        habits=Habits(stay=6 * HOUR, pages=(40, 60), elsewhere=HOUR, token=20 * HOUR, reads=HOUR,
                      wakes=20 * HOUR,
                      resets=DAY),
        background=Habits(stay=2 * HOUR, elsewhere=HOUR, away=4 * HOUR, reads=HOUR, resets=DAY,
                          token=20 * HOUR),
    ),
    Case(
        "D8", "clients vanish and come back, and the server notices far too late",
        (_shown("half-open", "opened closed client id reason clock"),),
        habits=Habits(stay=900.0, drops=150.0, pages=(1, 3)), share=(0.15, 0.5),
        operation=Operation(heartbeat=600.0, patience=120.0),
    ),
    Case(
        "D9", "the server's application never lets go of some connections that are closed",
        (_shown("server-handler-leak", "opened closed total"),),
        operation=Operation(forgets=0.15),
    ),
    Case(
        "D10", "a proxy ends every connection that is silent for a minute",
        (_shown("timeout-cliff", "opened closed id clock"),),
        background=Habits(stay=400.0), operation=Operation(heartbeat=None, cut=60.0),
    ),
    Case(
        "D11", "the log is too poor to tell: no ids, no closes, or no times",
        (_shown("poor-log", "too-little"),), format="seed",
    ),
    Case("ordinary-day", "nothing happens, for hours", clients=40, duration=1.5 * HOUR),
    Case("quiet-day", "hardly anybody is there", clients=3),
    Case("deploy-restart", "the server is deployed anew, several times", beside=deploys),
    Case("herd", "everybody loses the connection at once and comes back", beside=herds),
    Case(
        "mobile", "phones whose network comes and goes; the server notices in time",
        also=frozenset({"half-open-noticed"}),
        habits=Habits(drops=100.0, resets=400.0), share=(0.3, 0.7),
    ),
    Case(
        "slow-heartbeat", "the same; the server takes up to 100 s to notice, and always does",
        also=frozenset({"half-open-noticed"}),
        habits=Habits(drops=100.0, resets=400.0), share=(0.3, 0.7),
        operation=Operation(heartbeat=50.0, patience=50.0),
    ),
    Case(
        "tabs", "people with several tabs of the same page",
        also=frozenset({"overlap-drained"}),
        habits=Habits(tabs=3, stay=300.0), share=(0.2, 0.5),
    ),
    Case(
        "laptops", "people open tab after tab, and shut the lid on what they have not closed",
        habits=Habits(tabs=6, opens=300.0, stay=400.0, pages=(1, 3), shuts=0.5),
        share=(0.6, 1.0), duration=1.5 * HOUR,
    ),
    Case(
        "lid", "people with two tabs whose network comes and goes, and whose laptops fall asleep",
        also=frozenset({"half-open-noticed", "overlap-drained"}),
        habits=Habits(tabs=2, drops=600.0, sleeps=500.0), share=(0.5, 1.0), duration=1.5 * HOUR,
    ),
    Case(
        "by-design", "pages keep three connections open beside the one that each view has",
        app=App(standing=3), habits=EAGER, share=(0.8, 1.0),
    ),
    Case("nat-office", "an office behind one address", share=(0.4, 0.7), address=OFFICE),
    Case("growth", "more people every minute", clients=90, within=40 * MINUTE),
    Case(
        "token-expiry", "all tokens expire at the same times, and sockets are renewed with them",
        background=Habits(token=300.0, stay=500.0), within=20.0,
    ),
    Case("log-gap", "minutes of the log are lost", lost=6 * MINUTE),
    Case(
        "churn", "short visits, many of them",
        habits=Habits(stay=6.0, elsewhere=3.0, away=15.0, reads=4.0), share=(0.5, 0.9),
        clients=12,
    ),
    Case(
        "dashboard", "a few screens that are never switched off",
        habits=Habits(stay=DAY, elsewhere=1.0, token=DAY, resets=None), share=(0.05, 0.1),
        background=Habits(stay=60.0), duration=1.5 * HOUR,
    ),
    Case("brute-force", "somebody guesses passwords", beside=guessers),
    Case("identity-outage", "the provider of identities is away for minutes", beside=outages),
    Case(
        "strict-mode", "React's StrictMode mounts every page twice, the first time on trial",
        app=App(strict=True), habits=EAGER, share=(0.3, 0.9),
    ),
    Case(
        "strict-tabs", "the same in three tabs of each of a few developers",
        app=App(strict=True), habits=Habits(tabs=3), share=(1.0, 1.0), clients=3,
    ),
    Case(
        "token-in-page", "each mount gets a 401 until its token is there, and is cleaned up",
        app=App(waits_for_token=False), share=(0.8, 1.0), clients=20,
    ),
    Case(
        "backoff", "refused requests are tried again, each time later than before",
        app=App(refreshes=False, retry=1.0, backoff=2.0), habits=Habits(token=240.0, stay=600.0),
        share=(0.1, 0.3),
    ),
)  # fmt: skip

CASES: dict[str, Case] = {case.name: case for case in _ALL}
