"""Serving the page by waitress: in the foreground, or beside a watch in a thread of its own."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from waitress import create_server, wasyncore

from logdiag.engines.settings import Settings
from logdiag.errors import AccessError
from logdiag.faces.web import security
from logdiag.faces.web.app import create_app

THREADS = 4  # answers that are made at once; more would take turns at the interpreter only
CONNECTIONS = 200  # browsers keep six each
MOST_HEADERS = 32 << 10  # bytes


class Place(NamedTuple):
    """Where the page is to be: `port` 0 picks a free one; `names` are further Host headers."""

    host: str = "127.0.0.1"
    port: int = 8765
    names: tuple[str, ...] = ()


class Server:
    """The page at its place. Errors: `AccessError` where the place is taken or not ours."""

    def __init__(self, db: Path, settings: Settings, place: Place) -> None:
        listening = _listen(place)
        address, self.port = listening.getsockname()[:2]
        self.token = None if security.is_loopback(address) else security.new_token()
        self._host = place.host
        names = [place.host, *place.names]
        if self.token:
            names += [socket.gethostname(), socket.getfqdn()]
        access = security.Access(self.token, frozenset(name.lower() for name in names))
        logging.getLogger("waitress").setLevel(logging.ERROR)  # being busy is no news
        self._sockets: dict[int, Any] = {}  # all that the server's loop looks at
        self._server = create_server(
            create_app(db, settings, access), self._sockets, sockets=[listening],
            threads=THREADS, ident=None, connection_limit=CONNECTIONS,
            max_request_header_size=MOST_HEADERS, max_request_body_size=1 << 10,
        )  # fmt: skip

    @property
    def url(self) -> str:
        """The address to open, with the token where one is needed."""
        host = socket.gethostname() if self._host in ("", "0.0.0.0", "::") else self._host
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}/" + (f"?token={self.token}" if self.token else "")

    def run(self) -> None:
        """Serve until a signal's handler raises."""
        self._server.run()

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Serve while the block runs."""
        thread = threading.Thread(target=self._server.run, name="web", daemon=True)
        thread.start()
        try:
            yield
        finally:
            # only the loop's own thread may close what it waits for
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._sockets))
            thread.join()
            self._server.task_dispatcher.shutdown()


def _listen(place: Place) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            place.host or None, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        words = f"{place.host} port {place.port} cannot be used: {error.strerror or error}."
        raise AccessError(words, "Choose another --port (0: any free one) or --host.") from error
    return listening
