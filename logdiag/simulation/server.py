"""A server that keeps WebSocket connections: handshakes, pings, restarts, and its own count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial

from logdiag.simulation.world import Happening, World

PATH = "/ws"
ADMIN = "/ws/admin"  # refused to all
FINAL = ("completed", "failed")
ONE_WAY = 0.03  # seconds, the median from a client to the server


class State(Enum):
    """The browser's readyState."""

    CONNECTING = 0
    OPEN = 1
    CLOSING = 2
    CLOSED = 3


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody's browser on some device."""

    number: int
    address: str
    agent: str
    user: str


Listener = Callable[["Socket"], None]


def _nobody(_: Socket) -> None:
    pass


@dataclass(slots=True, eq=False)
class Socket:
    """One connection, seen from both ends: `state` is the browser's, `held` is the server's."""

    number: int
    key: int  # 120 random bits, from which each log format makes its kind of id
    client: Client
    port: int
    path: str = PATH
    state: State = State.CONNECTING
    held: bool = False
    opened_at: float | None = None
    closed_at: float | None = None
    subscribed: bool = False  # to the updates of its client's uploads
    forgotten_at: float | None = None  # its page let go of it and will never close it: the leak
    on_open: Listener = _nobody
    on_loss: Listener = _nobody

    @property
    def name(self) -> str:
        """Eight hex digits, as applications cut them from a UUID."""
        return f"{self.key >> 88:08x}"


@dataclass(frozen=True, slots=True)
class Operation:
    """How a server and what stands before it are run. Times in seconds."""

    heartbeat: float | None = 25.0  # between two pings; None: it sends none
    patience: float = 20.0  # for the answer to a ping
    handshake: float = 0.05  # the median
    forgets: float = 0.0  # share of the ends after which the application keeps its entry
    cut: float | None = None  # a proxy ends connections that are idle for so long
    final_to_first: bool = False  # the final status goes to the connection that began the upload


class Server:
    """The server side of the world. It tells what it would log, and counts what is true."""

    def __init__(self, world: World, operation: Operation) -> None:
        self.world = world
        self.operation = operation
        self.sockets: list[Socket] = []  # all that ever were accepted
        self.held: dict[int, Socket] = {}
        self._held_by: defaultdict[int, dict[int, Socket]] = defaultdict(dict)  # by client
        self.up = False
        self.pid = 0
        self.stale = 0  # entries of connections that are gone
        self.identity_down = False  # the provider of identities knows nobody
        self.start()

    # What clients do

    def connect(
        self, client: Client, on_open: Listener = _nobody, on_loss: Listener = _nobody,
        path: str = PATH,
    ) -> Socket:  # fmt: skip
        """Begin a handshake; `on_open` or `on_loss` hears what becomes of it."""
        dice = self.world.dice
        number = len(self.sockets) + 1
        socket = Socket(number, dice.getrandbits(120), client, self._port(), path)
        socket.on_open, socket.on_loss = on_open, on_loss
        self.sockets.append(socket)
        self.world.after(self.world.around(ONE_WAY), partial(self._handshake, socket))
        return socket

    def close(self, socket: Socket, code: int) -> None:
        """The browser closes; before the connection is open that ends the handshake."""
        if socket.state is State.CONNECTING:
            socket.state = State.CLOSED
        elif socket.state is State.OPEN:
            socket.state = State.CLOSING
            self.world.after(self.world.around(ONE_WAY), partial(self._end, socket, code))

    def drop(self, socket: Socket) -> None:
        """The network loses the client without a word: only an unanswered ping will tell."""
        socket.state = State.CLOSED
        if self.operation.heartbeat is not None and socket.held:
            delay = self.world.dice.uniform(0, self.operation.heartbeat) + self.operation.patience
            self.world.after(delay, partial(self._end, socket, 1006, "ping timeout"))

    def reset(self, socket: Socket, reason: str = "transport close") -> None:
        """Something in between ends the connection, and both sides see it."""
        if socket.held:
            socket.state = State.CLOSED
            self._end(socket, 1006, reason)
            self.world.after(self.world.around(ONE_WAY), partial(socket.on_loss, socket))

    def request(self, client: Client, path: str, status: int, method: str = "GET") -> None:
        """An HTTP request and its answer."""
        if self.up:
            self._tell("request", client=client, port=self._port(), path=path, status=status,
                       method=method)  # fmt: skip

    def update(self, client: Client, video: str, status: str, first: Socket) -> None:
        """The application tells a client's connections of an upload that began on `first`."""
        to = [socket for socket in self._held_by[client.number].values() if socket.subscribed]
        if self.operation.final_to_first and status in FINAL:
            to = [socket for socket in to if socket is first]
        if self.up:
            self._tell("update", text=video, reason=status, client=client, recipients=tuple(to))

    def fetch(self, client: Client, path: str, *, authorised: bool = True) -> bool:
        """A request for a page's data; whether it was answered with it."""
        ok = authorised and not self.identity_down
        self.request(client, path, 200 if ok else 401)
        return ok

    # What the operator does

    def start(self) -> None:
        """A new process, with a count of its own."""
        self.up = True
        self.pid = self.world.dice.randint(900, 30_000)
        self.stale = 0
        self._tell("start")

    def stop(self, *, graceful: bool = True) -> None:
        """The process ends: gracefully, with a line per connection, or killed, without any."""
        if graceful:
            self._tell("stop")
        self.up = False
        lost = list(self.held.values())
        for socket in lost:
            socket.state = State.CLOSED
            if graceful:
                self._end(socket, 1012, "server shutting down")
            else:
                self._let_go(socket)
            delay = self.world.around(ONE_WAY)
            self.world.after(delay, partial(socket.on_loss, socket))
        if graceful:
            self._tell("stopped")

    # The server's own side

    def _handshake(self, socket: Socket) -> None:
        if not self.up:
            socket.state = State.CLOSED
            self.world.after(ONE_WAY, partial(socket.on_loss, socket))
            return
        self._tell("opening", socket)
        if socket.path == ADMIN:
            socket.state = State.CLOSED
            self._tell("rejected", socket, status=403)
            return
        latency = self.world.around(self.operation.handshake)
        self.world.after(latency, partial(self._accept, socket, self.pid))

    def _accept(self, socket: Socket, pid: int) -> None:
        if socket.state is not State.CONNECTING:  # the browser gave up while it waited
            return
        if pid != self.pid or not self.up:
            socket.state = State.CLOSED
            socket.on_loss(socket)
            return
        socket.state, socket.held, socket.opened_at = State.OPEN, True, self.world.now
        self.held[socket.number] = self._held_by[socket.client.number][socket.number] = socket
        self._tell("opened", socket)
        socket.on_open(socket)
        if self.operation.cut is not None:
            self.world.after(self.operation.cut + self.world.around(0.02),
                             partial(self.reset, socket))  # fmt: skip

    def _end(self, socket: Socket, code: int, reason: str = "") -> None:
        if not socket.held:
            return
        socket.state = State.CLOSED
        self._let_go(socket)
        if self.world.dice.random() < self.operation.forgets:
            self.stale += 1
        self._tell("closed", socket, code=code, reason=reason)

    def _let_go(self, socket: Socket) -> None:
        socket.held, socket.closed_at = False, self.world.now
        del self.held[socket.number], self._held_by[socket.client.number][socket.number]

    def _port(self) -> int:
        return self.world.dice.randint(32_768, 60_999)

    def _tell(self, kind: str, socket: Socket | None = None, **facts: object) -> None:
        total = len(self.held) + self.stale
        if socket is not None:
            facts |= {"client": socket.client, "port": socket.port, "path": socket.path}
        self.world.tell(
            Happening(self.world.now, kind, socket, total=total, pid=self.pid, **facts)  # type: ignore[arg-type]
        )
