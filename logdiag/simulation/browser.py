"""A web application in somebody's browser: tabs, the pages they mount, and the sockets they own.

The defaults of `App` are code without mistakes. Each root cause is one of its switches turned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from logdiag.simulation.server import ONE_WAY, PATH, Client, Server, Socket, State
from logdiag.simulation.world import Happening, Process

LOGIN = "/api/auth/login"
REFRESH = "/api/auth/refresh"
STANDING = "/ws/updates"
PROBE = 0.02  # seconds between the two mounts of React's StrictMode
GIVES_UP = 60.0  # the longest wait between two attempts


@dataclass(frozen=True, slots=True)
class App:
    """How the page's code handles its socket and its token. Times in seconds."""

    cleanup: Literal["always", "when open", "never"] = "always"  # what an unmount closes
    providers: int = 1  # components of a page that each open a socket of their own
    standing: int = 0  # sockets that the tab keeps beside those, whatever page is shown
    waits_for_token: bool = True  # before the page mounts
    strict: bool = False  # development: every mount is tried once and undone
    timers: int = 1  # armed by one loss, each of which reconnects
    retry: float = 1.0  # before a refused request is tried again
    backoff: float = 2.0  # by which that grows each time; 1: it never does
    refreshes: bool = True  # gets a new token when a request is refused
    overlap: float = 0.0  # for which a renewed socket stays open beside the new one
    slips: float = 0.0  # share of the sockets renewed on waking that it forgets to close

    @property
    def forgets(self) -> bool:
        """Whether it loses sockets that nobody will close while the tab lasts."""
        return self.cleanup != "always" or self.timers > 1 or self.slips > 0


class Tab:
    """One document. Its end closes every socket that it still has, the forgotten ones too."""

    def __init__(
        self, client: Client, server: Server, app: App, channel: str, token: float
    ) -> None:
        self.client, self.server, self.app = client, server, app
        self.world = server.world
        self.channel = channel
        self.sockets: list[Socket] = []
        self.current: list[Socket] = []  # those that the mounted page knows of
        self.standing: list[Socket] = []
        self.mounted = False
        self.open = True
        self._attempts = 0
        self._token_lasts = token
        self._token_until = 0.0

    @property
    def expired(self) -> bool:
        """Whether the token is good no more."""
        return self.world.now >= self._token_until

    # Pages

    def mount(self) -> Process:
        """The page begins: its token, its first request, its socket."""
        if self.app.waits_for_token:
            if self.expired:
                yield from self.sign_in(LOGIN)
            yield from self.read()
        else:  # the token is kept in the page, so it is not there yet
            self.server.fetch(self.client, self.channel, authorised=False)
        yield self.world.around(0.06)
        if not self.open:
            return
        self.mounted = True
        for _ in range(self.app.standing):
            self._stand()
        self.current += [self.connect() for _ in range(self.app.providers)]
        if self.app.strict:
            yield PROBE
            self.unmount()
            self.mounted = True
            self.current = [self.connect()]
        if not self.app.waits_for_token:
            yield self.world.around(0.4)
            yield from self.sign_in(LOGIN)
            yield from self.read()

    def unmount(self) -> None:
        """The page ends, the tab does not."""
        self.mounted = False
        self._clean_up(self.current)
        self.current = []

    def close(self) -> None:
        """The tab is closed or the browser is: the browser itself ends all of its sockets."""
        self.open = self.mounted = False
        self._clean_up(self.standing)
        self.current, self.standing = [], []
        for socket in list(self.sockets):
            self.server.close(socket, 1001)
        self.sockets.clear()

    def fall_silent(self) -> None:
        """The device sleeps, and its sockets are dead: the server has to notice by itself."""
        if not self.open:
            return
        self.open = self.mounted = False
        self.current, self.standing = [], []
        for socket in self.sockets:
            self.server.drop(socket)

    def find_lost(self) -> None:
        """The device is awake again, and the browser finds out what became of these sockets."""
        if not self.open:
            for socket in list(self.sockets):
                self.lost(socket)

    # Requests

    def sign_in(self, path: str) -> Process:
        """A fresh token; while there is none, one more attempt after each wait."""
        wait = self.app.retry
        while self.open and self.server.identity_down:
            self.server.request(self.client, path, 401, "POST")
            yield wait * self.world.dice.uniform(0.98, 1.02)
            wait = min(GIVES_UP, wait * self.app.backoff)
        self.server.request(self.client, path, 200, "POST")
        self._token_until = self.world.now + self.world.around(self._token_lasts, 0.01)
        yield self.world.around(0.06)

    def read(self) -> Process:
        """The page asks for what it shows. A refusal is met with a fresh token, then a retry."""
        if self.server.fetch(self.client, self.channel, authorised=not self.expired):
            return
        if not self.app.refreshes:
            yield from self._ask_for_ever()
            return
        yield self.world.around(0.06)
        yield from self.sign_in(REFRESH)
        self.server.fetch(self.client, self.channel)
        self._renew()

    def _ask_for_ever(self) -> Process:
        wait = self.app.retry
        while self.open:
            yield wait * self.world.dice.uniform(0.98, 1.02)
            wait = min(GIVES_UP, wait * self.app.backoff)
            self.server.fetch(self.client, self.channel, authorised=False)

    # Sockets

    def _stand(self) -> None:
        if self.open and len(self.standing) < self.app.standing:
            self.standing.append(self.connect(STANDING))

    def connect(self, path: str = PATH) -> Socket:
        """Open one more socket."""
        socket = self.server.connect(self.client, self._opened, self.lost, path)
        self.sockets.append(socket)
        self._console(socket, "CONNECTING")
        return socket

    def lost(self, socket: Socket) -> None:
        """The socket is gone. A page that knows of it reconnects."""
        if socket in self.sockets:
            self.sockets.remove(socket)
            self._console(socket, "CLOSED")
        if socket in self.standing:
            self.standing.remove(socket)
            self.world.after(self.world.around(1.0), self._stand)
        if socket not in self.current:
            return
        self.current.remove(socket)
        if self.open and self.mounted:
            self._attempts += 1
            for _ in range(self.app.timers):
                wait = min(GIVES_UP, 2.0 ** (self._attempts - 1))
                self.world.after(wait * self.world.dice.uniform(0.5, 1.0), self._reconnect)

    def wake(self) -> None:
        """The tab comes to the front again, and makes sure of its socket."""
        self._renew(slips=self.world.dice.random() < self.app.slips)

    def _renew(self, *, slips: bool = False) -> None:
        if not (self.mounted and self.current):
            return
        old = self.current
        if self.app.overlap:
            self.world.after(self.app.overlap, lambda: self._clean_up_what_is_left(old))
        else:
            (self._forget if slips else self._clean_up)(old)
        self.current = [self.connect()]

    def _clean_up_what_is_left(self, sockets: list[Socket]) -> None:
        self._clean_up([socket for socket in sockets if socket in self.sockets])

    def _clean_up(self, sockets: list[Socket]) -> None:
        """The page lets go of its sockets, as this application does it."""
        for socket in sockets:
            self.world.tell(
                Happening(self.world.now, "page", socket, self.client,
                          text=f"Cleaning up WebSocket connection (state: {socket.state.value})")
            )  # fmt: skip
            if self.app.cleanup == "always" or (
                self.app.cleanup == "when open" and socket.state is State.OPEN
            ):
                self.sockets.remove(socket)
                self._console(socket, "CLOSING")
                self.server.close(socket, 1000)
                self.world.after(2 * ONE_WAY, partial(self._console, socket, "CLOSED"))
            else:
                self._forget([socket])

    def _forget(self, sockets: list[Socket]) -> None:
        """The page loses its only reference; while the tab lasts nobody will close them."""
        for socket in sockets:
            socket.forgotten_at = self.world.now

    def _reconnect(self) -> None:
        if not (self.open and self.mounted) or (self.current and self.app.timers == 1):
            return
        self._forget(self.current)  # the variable holds one socket: the last
        self.world.tell(
            Happening(self.world.now, "page", None, self.client,
                      text="Attempting to reconnect WebSocket...")
        )  # fmt: skip
        self.current = [self.connect()]

    def _opened(self, socket: Socket) -> None:
        self._attempts = 0
        socket.subscribed = socket in self.current  # the page subscribes what it knows of
        self._console(socket, "OPEN")

    def _console(self, socket: Socket, state: str) -> None:
        text = f"WebSocket {socket.name} state: {state}"
        self.world.tell(Happening(self.world.now, "page", socket, self.client, text=text))
