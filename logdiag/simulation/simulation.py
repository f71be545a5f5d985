"""One simulated log: a case, its world, a format to write it in, and the truth about it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from logdiag.simulation.cases import Case
from logdiag.simulation.formats import Format
from logdiag.simulation.noise import late, with_remarks
from logdiag.simulation.scene import Scene
from logdiag.simulation.server import Server, Socket
from logdiag.simulation.world import Happening, World

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
SETTLE = 90.0  # a forgotten connection that lives longer than this leaked
LATE_SHARE = 0.3  # of the noise: so many lines come late
CHANNELS = 12


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened, for those who judge what was found in a log.

    `expected` is the id of the rule that a reader of this log can prove, "none" where nothing of
    the case happened, "cannot_tell" where this log does not say enough. `leaked` has the ids as
    the log writes them, and is empty where it writes none. Times in seconds.
    """

    case: str
    title: str
    cause: str
    healthy: bool
    expected: str
    format: str
    seed: int
    duration: float
    clients: int
    opened: int
    closed: int
    live_at_end: int
    rejected: int
    auth_failures: int
    leaked_count: int
    leaked: list[str]


class Simulation:
    """A case that is played once. Everything follows from the seed."""

    def __init__(
        self, case: Case, *, seed: int = 1, duration: float | None = None,
        clients: int | None = None, rate: float = 1.0,
    ) -> None:  # fmt: skip
        self.case, self.seed = case, seed
        self.duration = case.duration if duration is None else duration
        self.clients = case.clients if clients is None else clients
        self.rate = rate
        self.world = World(seed)
        self.server = Server(self.world, case.operation)
        self.counts = dict.fromkeys(("opened", "closed", "rejected", "request"), 0)
        self.auth_failures = 0

    def play(self, *, endless: bool = False) -> Iterator[Happening]:
        """What happens, in order of time; `endless`: for as long as somebody reads."""
        dice = self.world.dice
        channels = [
            f"/api/channels/{dice.getrandbits(32):08x}-6d3c-4ad2-82f8-{dice.getrandbits(48):012x}"
            for _ in range(CHANNELS)
        ]
        scene = Scene(self.world, self.server, channels, self.duration, self.rate)
        self.case.begin(scene, self.clients)
        told = self.world.run(math.inf if endless else self.duration)
        for happening in _lose(told, self.case.lost, self.duration / 2):
            if happening.kind in self.counts:
                self.counts[happening.kind] += 1
            self.auth_failures += happening.status == 401
            yield happening

    def truth(self, written: Format) -> Truth:
        """The truth about what has been played so far."""
        leaked = [socket for socket in self.server.sockets if self._leaked(socket)]
        names = [name for socket in leaked if (name := written.name_of(socket))]
        return Truth(
            case=self.case.name, title=self.case.title, cause=self.case.cause,
            healthy=self.case.healthy, expected=self._expected(written, len(leaked)),
            format=written.name, seed=self.seed, duration=self.world.now, clients=self.clients,
            opened=self.counts["opened"], closed=self.counts["closed"],
            live_at_end=len(self.server.held), rejected=self.counts["rejected"],
            auth_failures=self.auth_failures, leaked_count=len(leaked), leaked=names,
        )  # fmt: skip

    def _expected(self, written: Format, leaked: int) -> str:
        """What can be proven of what has happened so far, not of what the case is named for."""
        case = self.case
        expected = case.expected(written.tells)
        if (
            (case.app.forgets and not leaked)
            or (case.operation.forgets and not self.server.stale)
            or (case.cause == "poor-log" and expected != case.cause)
        ):
            return "none"
        return "cannot_tell" if self.world.now < case.least else expected

    def _leaked(self, socket: Socket) -> bool:
        if socket.forgotten_at is None or socket.opened_at is None:
            return False
        end = self.world.now if socket.closed_at is None else socket.closed_at
        return end - max(socket.forgotten_at, socket.opened_at) > SETTLE


def _lose(happenings: Iterable[Happening], lost: float, begin: float) -> Iterator[Happening]:
    """The same without what happened for `lost` seconds; a "gap" stands for it."""
    inside = False
    for happening in happenings:
        if begin <= happening.time < begin + lost:
            inside = True
            continue
        if inside:
            inside = False
            yield Happening(begin, "gap", span=lost)
        yield happening


def write(
    happenings: Iterable[Happening], how: Format, *, noise: float = 0.0, seed: int = 1,
    start: datetime = START,
) -> Iterator[str | None]:  # fmt: skip
    """The log's lines, without their ends; None where lines are lost.

    `noise` is the share of lines that say nothing.
    """
    dice = random.Random(f"noise {seed}")
    if noise:
        happenings = with_remarks(happenings, noise, dice)
        if "clock" in how.tells:  # without one, a line in another place tells another story
            happenings = late(happenings, noise * LATE_SHARE, dice)
    for happening in happenings:
        if happening.kind == "gap":
            yield None
        else:
            yield from how.lines(happening, start + timedelta(seconds=happening.time))


def parts(lines: Iterable[str | None]) -> list[str]:
    """The texts of a log between which lines are lost: one, where none are."""
    texts: list[list[str]] = [[]]
    for line in lines:
        if line is None:
            texts.append([])
        else:
            texts[-1].append(f"{line}\n")
    return ["".join(text) for text in texts]
