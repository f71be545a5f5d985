"""The command `web`: the page about the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logdiag.errors import NoTimelineError
from logdiag.faces import options
from logdiag.faces.shell import emit, guarded, leave, on_signals

if TYPE_CHECKING:
    from logdiag.engines.settings import Settings
    from logdiag.faces.web.serving import Place, Server

Host = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", help="Where to listen. Other than this machine only, a token is needed."
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 picks a free one.")]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", show_default=False,
        help="A further name by which the page may be called. Repeatable.",
    ),
]  # fmt: skip
Open = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765


@guarded
def web(
    db: options.Database = None,
    host: Host = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
    allow_host: AllowHost = None,
    open_browser: Open = False,
    rules: options.Rules = None,
    formats: options.Formats = None,
    config: options.Config = None,
) -> int:
    """Show the timeline in the browser: what leaks, since when, and why."""
    import signal

    from logdiag.faces.web.serving import Server
    from logdiag.timeline import Reader

    database = options.database(db, config)
    settings = options.settings(rules=rules, formats=formats, config=config)
    missing = ""
    try:
        Reader.open(database).close()  # says what is wrong with it here, not in the browser
    except NoTimelineError as error:  # a watch may just be making it
        missing = f"{error.message} The page fills by itself once there is one.\n"
    server = Server(database, settings, place(host, port, allow_host))
    with on_signals(leave, signal.SIGTERM):
        announce(server, open_browser=open_browser)
        emit(missing)
        server.run()
    return 0


@contextmanager
def beside(
    wanted: bool, db: Path, settings: Settings, where: tuple[str, int, list[str] | None],
    *, open_browser: bool,
) -> Iterator[None]:  # fmt: skip
    """Show the page while the block runs, if that is wished. `where` as `place` takes it."""
    if not wanted:
        yield
        return
    from logdiag.faces.web.serving import Server

    server = Server(db, settings, place(*where))
    announce(server, open_browser=open_browser)
    with server.beside():
        yield


def place(host: str, port: int, allow_host: list[str] | None) -> Place:
    """The options as what the server takes."""
    from logdiag.faces.web.serving import Place

    return Place(host, port, tuple(allow_host or ()))


def announce(server: Server, *, open_browser: bool) -> None:
    """Say where the page is, and open it if that is wished."""
    emit(f"The page is at {server.url} (Ctrl-C stops).\n")
    if open_browser:
        import webbrowser

        webbrowser.open(server.url)
