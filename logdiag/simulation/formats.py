"""The formats: whose log it is, what a reader can learn from it, and who writes its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from logdiag.simulation import writers
from logdiag.simulation.server import Socket
from logdiag.simulation.world import Happening

WHOLE = frozenset({"opened", "closed", "id", "clock"})  # a log that lacks one of them is poor


@dataclass(frozen=True, slots=True)
class Format:
    """One way to log. `tells` holds what a case's `shows` can need.

    clock       each line has its time
    opened      a line when a connection opens; `closed`: one when it closes
    id          the close says which opening it belongs to
    client      the opening says whose it is
    total       the server's own count
    401         refused requests; `401-client`: and whose they were
    reason      why a connection closed
    recipients  whom an update was sent to, one by one
    cleanup     what the page does with its sockets
    too-little  not all of clock, opened, closed and id
    """

    name: str
    title: str
    tells: frozenset[str]
    lines: Callable[[Happening, datetime], Iterator[str]]
    name_of: Callable[[Socket], str] = lambda _: ""  # a connection's id, as the log has it


def _format(
    name: str, title: str, tells: str, lines: Callable[[Happening, datetime], Iterator[str]],
    name_of: Callable[[Socket], str] = lambda _: "",
) -> Format:  # fmt: skip
    told = frozenset(tells.split())
    return Format(name, title, told if told >= WHOLE else told | {"too-little"}, lines, name_of)


_ALL = (
    _format(
        "node-ws", "Node.js ws through winston: ids, addresses, totals; morgan beside it",
        "clock opened closed id client total 401 401-client reason recipients",
        writers.node_ws, writers.short_id,
    ),
    _format(
        "node-json", "the same through pino, as JSON lines: users and agents, too",
        "clock opened closed id client total 401 401-client reason recipients",
        writers.node_json, writers.short_id,
    ),
    _format(
        "seed", "only a count, no times: the wording that started it",
        "opened closed total 401", writers.seed,
    ),
    _format(
        "seed-clock", "the same with times", "clock opened closed total 401", writers.seed_clock
    ),
    _format(
        "uvicorn", "uvicorn before 0.50, with times: address and port of each opening",
        "clock opened closed client 401 401-client", writers.uvicorn,
    ),
    _format(
        "uvicorn-plain", "the same as it logs if nobody configures it: no times",
        "opened closed client 401 401-client", writers.uvicorn_plain,
    ),
    _format(
        "uvicorn-new", "uvicorn since 0.50, with times: no closes",
        "clock opened client 401 401-client", writers.uvicorn_new,
    ),
    _format(
        "socketio", "socket.io: ids, users and reasons; morgan beside it",
        "clock opened closed id client 401 401-client reason",
        writers.socketio, writers.socketio_id,
    ),
    _format(
        "nginx", "nginx's combined log: one line when a connection ends",
        "clock closed 401 401-client", writers.nginx,
    ),
    _format(
        "browser", "the consoles of the pages, as a collector keeps them",
        "clock opened closed id client cleanup", writers.browser, writers.short_id,
    ),
)  # fmt: skip

FORMATS: dict[str, Format] = {one.name: one for one in _ALL}
