"""A web application in somebody's browser: tabs, the pages they mount, and the sockets they own.

The defaults of `App` are code without mistakes. Each root cause is one of its switches turned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from logdiag.simulation.server import Client, Server, Socket, State
from logdiag.simulation.world import Process

LOGIN = "/api/auth/login"
REFRESH = "/api/auth/refresh"
PROBE = 0.02  # seconds between the two mounts of React's StrictMode
GIVES_UP = 60.0  # the longest wait between two attempts to reconnect


@dataclass(frozen=True, slots=True)
class App:
    """How the page's code handles its socket and its token. Times in seconds."""

    cleanup: Literal["always", "when open", "never"] = "always"  # what an unmount closes
    providers: int = 1  # components of a page that each open a socket of their own
    waits_for_token: bool = True  # before the page mounts
    strict: bool = False  # development: every mount is tried once and undone
    timers: int = 1  # armed by one loss, each of which reconnects
    retry: float | None = None  # an endless retry of a refused request, at this interval
    slips: float = 0.0  # share of the refreshes of a token that forget the socket of before


@dataclass(frozen=True, slots=True)
class Habits:
    """What people do: medians in seconds, and how many pages one tab sees."""

    stay: float = 150.0  # on a page with a socket
    elsewhere: float = 20.0  # on one without
    away: float = 400.0  # between two tabs
    pages: tuple[int, int] = (1, 5)
    tabs: int = 1  # at the same time
    reads: float = 45.0  # between two requests of a page
    token: float = 900.0  # how long a token is good
    drops: float | None = None  # between two losses without a word (mobile networks)
    resets: float | None = None  # between two connections that something in between ends


class Tab:
    """One document. Its end closes every socket that it still has, the forgotten ones too."""

    def __init__(self, client: Client, server: Server, app: App, channel: str) -> None:
        self.client, self.server, self.app = client, server, app
        self.world = server.world
        self.channel = channel
        self.sockets: list[Socket] = []
        self.current: list[Socket] = []  # those that the mounted page knows of
        self.mounted = False
        self.open = True
        self.attempts = 0
        self.token_until = 0.0

    # Pages

    def mount(self, token: float) -> Process:
        """The page begins: its token, its first request, its socket. `token`: how long it lasts."""
        if self.app.waits_for_token:
            if self.world.now >= self.token_until:
                self.sign_in(token, LOGIN)
                yield self.world.around(0.25)
            self.read()
        else:  # the token is kept in the page, so it is not there yet
            self.server.request(self.client, self.channel, 401)
        yield self.world.around(0.06)
        self.mounted = True
        for _ in range(self.app.providers):
            self.current.append(self.connect())
        if self.app.strict:
            yield PROBE
            self.let_go(self.current)
            self.current = [self.connect()]
        if not self.app.waits_for_token:
            yield self.world.around(0.4)
            self.sign_in(token, LOGIN)
            yield self.world.around(0.06)
            self.read()

    def unmount(self) -> None:
        """The page ends, the tab does not."""
        self.mounted = False
        self.let_go(self.current)
        self.current = []

    def close(self) -> None:
        """The tab is closed or the browser is: the browser itself ends all of its sockets."""
        self.open = self.mounted = False
        for socket in list(self.sockets):
            self.server.close(socket, 1001)
        self.sockets.clear()

    def sign_in(self, token: float, path: str) -> None:
        """A fresh token."""
        self.server.request(self.client, path, 200, "POST")
        self.token_until = self.world.now + token

    def read(self) -> None:
        """The page asks for what it shows."""
        self.server.request(self.client, self.channel, 200)

    def refresh(self, token: float) -> Process:
        """The token has expired in the midst of things: a 401, a fresh one, a fresh socket."""
        self.server.request(self.client, self.channel, 401)
        yield self.world.around(0.1)
        self.sign_in(token, REFRESH)
        yield self.world.around(0.1)
        self.read()
        if self.mounted and self.current:
            if self.world.dice.random() < self.app.slips:
                self.forget(self.current)
            else:
                self.let_go(self.current)
            self.current = [self.connect()]

    # Sockets

    def connect(self) -> Socket:
        """Open one more socket."""
        socket = self.server.connect(self.client, self._opened, self.lost)
        self.sockets.append(socket)
        return socket

    def let_go(self, sockets: list[Socket]) -> None:
        """The cleanup, as this application does it."""
        for socket in sockets:
            if self.app.cleanup == "always" or (
                self.app.cleanup == "when open" and socket.state is State.OPEN
            ):
                self.sockets.remove(socket)
                self.server.close(socket, 1000)
            else:
                self.forget([socket])

    def forget(self, sockets: list[Socket]) -> None:
        """The page loses its only reference; while the tab lasts nobody will close them."""
        for socket in sockets:
            socket.forgotten_at = self.world.now

    def lost(self, socket: Socket) -> None:
        """The socket is gone. A page that knows of it reconnects."""
        if socket in self.sockets:
            self.sockets.remove(socket)
        if socket not in self.current:
            return
        self.current.remove(socket)
        if self.open and self.mounted:
            self.attempts += 1
            for _ in range(self.app.timers):
                wait = min(GIVES_UP, 2.0 ** (self.attempts - 1)) * self.world.dice.uniform(0.5, 1.0)
                self.world.after(wait, self._reconnect)

    def _reconnect(self) -> None:
        if not (self.open and self.mounted):
            return
        if self.app.timers == 1 and self.current:
            return
        self.forget(self.current)  # the variable holds one socket: the last
        self.current = [self.connect()]

    def _opened(self, socket: Socket) -> None:
        self.attempts = 0


def person(
    client: Client, server: Server, app: App, habits: Habits, channels: list[str]
) -> Process:
    """Somebody comes, uses tabs, goes away, comes back."""
    world = server.world
    while True:
        for _ in range(habits.tabs - 1):
            extra = Tab(client, server, app, world.dice.choice(channels))
            world.begin(browse(extra, habits), world.around(8.0))
        yield from browse(Tab(client, server, app, world.dice.choice(channels)), habits)
        yield world.around(habits.away)


def browse(tab: Tab, habits: Habits) -> Process:
    """What happens in one tab, from its beginning to its end."""
    world = tab.world
    for act, every in ((tab.server.drop, habits.drops), (tab.server.reset, habits.resets)):
        if every is not None:
            world.begin(_trouble(tab, act, every))
    for _ in range(world.dice.randint(*habits.pages)):
        yield from tab.mount(habits.token)
        leaves = world.now + world.around(habits.stay, 0.8)
        while world.now < leaves:
            yield min(world.around(habits.reads), leaves - world.now + 0.001)
            if tab.app.waits_for_token and world.now >= tab.token_until:
                yield from tab.refresh(habits.token)
            else:
                tab.read()
        tab.unmount()
        yield world.around(habits.elsewhere)
    tab.close()


def _trouble(tab: Tab, act: Callable[[Socket], None], every: float) -> Process:
    """Now and then the network drops a device, or something in between resets a connection."""
    world = tab.world
    while True:
        yield world.dice.expovariate(1 / every)
        if not tab.open:
            return
        hit = tab.sockets if act == tab.server.drop else tab.current[-1:]
        for socket in [socket for socket in hit if socket.state is State.OPEN]:
            act(socket)
            if act == tab.server.drop:
                world.after(world.around(3.0), partial(tab.lost, socket))
