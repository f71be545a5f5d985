"""The cases: every root cause, and every healthy day that looks like one at first sight.

A case is a composition of what the other modules model: how the server is run, what is wrong with
the application that some clients have, what those clients do, and what else happens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from logdiag.simulation.browser import App, Habits, person
from logdiag.simulation.server import Client, Operation, Server
from logdiag.simulation.world import Process, World

MINUTE = 60.0
HOUR = 60 * MINUTE
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/127.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/127.0.0.0 Mobile Safari/537.36",
)


RIGHT, USUAL, SOUND = App(), Habits(), Operation()


@dataclass
class Scene:
    """What a case has to work with."""

    world: World
    server: Server
    channels: list[str]
    duration: float
    clients: int
    rate: float  # how busy people are: 2 halves the times they take
    made: int = 0

    def client(self, address: str | None = None) -> Client:
        """A new client; without an address, one of its own."""
        self.made += 1
        number = self.made
        agent = self.world.dice.choice(AGENTS)
        return Client(number, address or _address(number), agent, f"u-{1000 + number}")

    def habits(self, habits: Habits) -> Habits:
        """The same at the wanted rate."""
        return replace(
            habits, stay=habits.stay / self.rate, elsewhere=habits.elsewhere / self.rate,
            away=habits.away / self.rate,
        )  # fmt: skip

    def people(self, number: int, app: App, habits: Habits, within: float = 5 * MINUTE) -> None:
        """So many clients that begin within some time, each in its own way afterwards."""
        for _ in range(number):
            client = self.client()
            process = person(client, self.server, app, self.habits(habits), self.channels)
            self.world.begin(process, self.world.dice.uniform(0, within))


@dataclass(frozen=True)
class Case:
    """One root cause or one healthy day."""

    name: str
    title: str
    shows: tuple[tuple[str, frozenset[str]], ...] = ()  # a rule, and what a log must tell for it
    app: App = RIGHT
    habits: Habits = USUAL
    share: tuple[float, float] = (0.0, 0.0)  # of the clients that have that app and those habits
    background: Habits = USUAL
    operation: Operation = SOUND
    duration: float = 45 * MINUTE
    clients: int = 30
    beside: Callable[[Scene], None] = field(default=lambda _: None)

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.shows

    @property
    def cause(self) -> str:
        """The id of the rule for the root cause; empty on a healthy day."""
        return self.shows[0][0] if self.shows else ""

    def expected(self, tells: frozenset[str]) -> str:
        """The rule that a reader of a log can prove that tells so much; else why there is none."""
        found = (rule for rule, needs in self.shows if needs <= tells)
        return next(found, "none" if self.healthy else "cannot_tell")

    def begin(self, scene: Scene) -> None:
        """Put the people in place: the healthy ones, those of the case, and what else happens."""
        affected = 0
        if self.share[1]:
            affected = max(2, round(scene.clients * scene.world.dice.uniform(*self.share)))
        scene.people(max(4, scene.clients - affected), App(), self.background)
        scene.people(affected, self.app, self.habits)
        self.beside(scene)


def _address(number: int) -> str:
    """The addresses for documentation (RFC 5737), then those for benchmarks (RFC 2544)."""
    block, host = divmod(number - 1, 250)
    if block < 3:
        return f"{('203.0.113', '198.51.100', '192.0.2')[block]}.{host + 1}"
    block -= 3
    return f"198.{18 + block // 256 % 2}.{block % 256}.{host + 1}"


def _needs(*told: str) -> frozenset[str]:
    return frozenset(told)


# --- what else happens


def _deploys(scene: Scene) -> None:
    """The server is restarted now and then: gracefully, or killed."""

    def deploy() -> Process:
        while True:
            yield scene.world.around(scene.duration / 4, 0.2)
            scene.server.stop(graceful=scene.world.dice.random() < 0.7)
            yield scene.world.around(4.0)
            scene.server.start()

    scene.world.begin(deploy())


def _herd(scene: Scene) -> None:
    """A load balancer ends everybody's connection at once; everybody comes back."""

    def fail_over() -> Process:
        while True:
            yield scene.world.around(scene.duration / 4, 0.2)
            for socket in list(scene.server.held.values()):
                delay = scene.world.dice.uniform(0, 2.0)
                scene.world.after(delay, partial(scene.server.reset, socket))

    scene.world.begin(fail_over())


EAGER = Habits(stay=60.0, elsewhere=8.0, pages=(5, 12), reads=25.0)

_ALL = (
    Case(
        "D1", "each mount of a page opens one more connection, and no unmount closes it",
        shows=(("remount-duplicate", _needs("opened", "closed", "client")),),
        app=App(cleanup="never"), habits=EAGER, share=(0.07, 0.35),
    ),
    Case(
        "D4", "a page mounts before its token is there: each time a 401 and one more connection",
        shows=(("auth-loading-race", _needs("opened", "closed", "401")),),
        app=App(cleanup="never", waits_for_token=False), habits=EAGER, share=(0.07, 0.35),
    ),
    Case("deploy-restart", "the server is deployed anew, several times", beside=_deploys),
    Case("herd", "everybody loses the connection at once and comes back", beside=_herd),
    Case(
        "tabs", "people with several tabs of the same page",
        habits=Habits(tabs=3, stay=300.0), share=(0.2, 0.5),
    ),
    Case(
        "strict-mode", "React's StrictMode mounts every page twice, the first time on trial",
        app=App(strict=True), habits=EAGER, share=(0.3, 0.9),
    ),
)  # fmt: skip

CASES: dict[str, Case] = {case.name: case for case in _ALL}
