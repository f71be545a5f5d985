"""What a case puts into its world: people with their applications, and what else happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from logdiag.simulation.browser import App
from logdiag.simulation.people import Habits, bot, guesser, person
from logdiag.simulation.server import Client, Server
from logdiag.simulation.world import Process, World

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/127.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/127.0.0.0 Mobile Safari/537.36",
)
ROBOT = "python-requests/2.32.3"
BLOCKS = ("203.0.113", "198.51.100", "192.0.2")  # for documentation, RFC 5737


@dataclass
class Scene:
    """The world of one simulation while it is set up. `rate` 2 halves the times people take."""

    world: World
    server: Server
    channels: list[str]
    duration: float
    rate: float
    made: int = 0

    def client(self, address: str | None = None, agent: str | None = None) -> Client:
        """A new client; without an address, one of its own."""
        self.made += 1
        agent = agent or self.world.dice.choice(AGENTS)
        return Client(self.made, address or _address(self.made), agent, f"u-{1000 + self.made}")

    def people(
        self, number: int, app: App, habits: Habits, within: float, address: str | None = None
    ) -> None:
        """So many clients that begin within some time, each in its own way afterwards."""
        at_rate = replace(
            habits, stay=habits.stay / self.rate, elsewhere=habits.elsewhere / self.rate,
            away=habits.away / self.rate,
        )  # fmt: skip
        for _ in range(number):
            process = person(self.client(address), self.server, app, at_rate, self.channels)
            self.world.begin(process, self.world.dice.uniform(0, within))

    def often(self, act: partial[Process]) -> None:
        """Do something about three times in the log."""

        def repeat() -> Process:
            while True:
                yield self.world.around(self.duration / 4, 0.2)
                yield from act()

        self.world.begin(repeat())


def robots(scene: Scene) -> None:
    """What the internet adds to any server: a bot at a closed door."""
    scene.world.begin(bot(scene.client(agent=ROBOT), scene.server, 300.0))


def deploys(scene: Scene) -> None:
    """The server is restarted now and then: gracefully, or killed."""
    scene.often(partial(_deploy, scene))


def _deploy(scene: Scene) -> Process:
    scene.server.stop(graceful=scene.world.dice.random() < 0.7)
    yield scene.world.around(4.0)
    scene.server.start()


def herds(scene: Scene) -> None:
    """A load balancer ends everybody's connection at once; everybody comes back."""
    scene.often(partial(_fail_over, scene))


def _fail_over(scene: Scene) -> Process:
    for socket in list(scene.server.held.values()):
        delay = scene.world.dice.uniform(0, 2.0)
        scene.world.after(delay, partial(scene.server.reset, socket))
    yield 2.0


def outages(scene: Scene) -> None:
    """The provider of identities is away for some minutes: nobody is known."""
    scene.often(partial(_outage, scene))


def _outage(scene: Scene) -> Process:
    scene.server.identity_down = True
    yield scene.world.around(150.0, 0.3)
    scene.server.identity_down = False


def guessers(scene: Scene) -> None:
    """Somebody tries passwords from several addresses."""
    for _ in range(5):
        client = scene.client(agent=ROBOT)
        scene.world.begin(guesser(client, scene.server, 6.0), scene.world.around(300.0))


def _address(number: int) -> str:
    """Addresses for documentation, then those for benchmarks (198.18.0.0/15, RFC 2544)."""
    block, host = divmod(number - 1, 250)
    if block < len(BLOCKS):
        return f"{BLOCKS[block]}.{host + 1}"
    block -= len(BLOCKS)
    return f"198.{18 + block // 256 % 2}.{block % 256}.{host + 1}"
