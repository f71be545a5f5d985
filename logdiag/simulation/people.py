"""People: they come, open tabs, go from page to page, upload something, and go away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from logdiag.simulation.browser import App, Tab
from logdiag.simulation.server import ADMIN, Client, Server, State
from logdiag.simulation.world import Process


@dataclass(frozen=True, slots=True)
class Habits:
    """What people do: medians in seconds, and how many pages one tab sees."""

    stay: float = 150.0  # on a page with a socket
    elsewhere: float = 20.0  # on one without
    away: float = 400.0  # between two tabs
    pages: tuple[int, int] = (1, 5)
    tabs: int = 1  # at the same time
    opens: float = 8.0  # until each of these begins
    shuts: float = 0.0  # share of the times that all tabs end with the first one
    reads: float = 45.0  # between two requests of a page
    token: float = 900.0  # how long a token is good
    hasty: float = 0.0  # share of the pages that are left before they are there
    uploads: float = 0.2  # share of the pages on which an upload begins
    drops: float | None = None  # between two losses without a word (mobile networks)
    resets: float | None = 1800.0  # between two connections that something in between ends
    wakes: float | None = None  # between two times that a tab comes to the front again
    sleeps: float | None = None  # until the device does, with all tabs, as when its lid is shut


def person(
    client: Client, server: Server, app: App, habits: Habits, channels: list[str]
) -> Process:
    """Somebody comes, uses tabs, goes away, comes back."""
    world = server.world
    all_tabs: list[Tab] = []
    while True:
        tabs = [
            Tab(client, server, app, world.dice.choice(channels), habits.token)
            for _ in range(habits.tabs)
        ]
        all_tabs[:] = [*(tab for tab in all_tabs if tab.open), *tabs]
        for tab in tabs[1:]:
            world.begin(_browse(tab, habits), world.around(habits.opens))
        if habits.sleeps is not None:
            world.after(world.dice.expovariate(1 / habits.sleeps), partial(_sleep, all_tabs))
        yield from _browse(tabs[0], habits)
        if habits.shuts and world.dice.random() < habits.shuts:
            for tab in tabs[1:]:
                tab.unmount()
                tab.close()
        yield world.around(habits.away)
        for tab in all_tabs:
            tab.find_lost()


def bot(client: Client, server: Server, every: float) -> Process:
    """Something that tries a door which is closed to all."""
    while True:
        yield server.world.dice.expovariate(1 / every)
        server.connect(client, path=ADMIN)


def guesser(client: Client, server: Server, every: float) -> Process:
    """Something that guesses passwords."""
    while True:
        yield server.world.dice.expovariate(1 / every)
        server.request(client, "/api/auth/login", 401, "POST")


def _browse(tab: Tab, habits: Habits) -> Process:
    """What happens in one tab, from its beginning to its end."""
    world = tab.world
    troubles = ((_drop, habits.drops), (_reset, habits.resets), (Tab.wake, habits.wakes))
    for trouble, every in troubles:
        if every is not None:
            world.begin(_now_and_then(tab, trouble, every))
    for _ in range(world.dice.randint(*habits.pages)):
        if not tab.open:
            return
        hasty = world.dice.random() < habits.hasty
        yield from tab.mount()
        if hasty:
            yield world.dice.uniform(0.05, 0.4)
        else:
            yield from _stay(tab, habits)
        tab.unmount()
        yield 0.1 if hasty else world.around(habits.elsewhere)
    if tab.open:
        tab.close()


def _stay(tab: Tab, habits: Habits) -> Process:
    world = tab.world
    leaves = world.now + world.around(habits.stay, 0.8)
    if world.dice.random() < habits.uploads:
        world.begin(_upload(tab), world.around(5.0))
    while tab.open and world.now < leaves:
        yield min(world.around(habits.reads), leaves - world.now + 0.001)
        yield from tab.read()


def _upload(tab: Tab) -> Process:
    """A video is processed; its owner is told how far."""
    world = tab.world
    if not tab.current:
        return
    video, first = f"v-{world.dice.randint(1000, 9999)}", tab.current[-1]
    for status in ("processing (10%)", "processing (60%)"):
        tab.server.update(tab.client, video, status, first)
        yield world.around(20.0)
    final = "failed" if world.dice.random() < 0.1 else "completed"
    tab.server.update(tab.client, video, final, first)


def _now_and_then(tab: Tab, act: Callable[[Tab], None], every: float) -> Process:
    while True:
        yield tab.world.dice.expovariate(1 / every)
        if not tab.open:
            return
        act(tab)


def _drop(tab: Tab) -> None:
    """The network loses the device without a word; the browser notices after a while."""
    for socket in tab.sockets:
        if socket.state is State.OPEN:
            tab.server.drop(socket)
            tab.world.after(tab.world.around(3.0), partial(tab.lost, socket))


def _sleep(tabs: list[Tab]) -> None:
    """The device falls silent; when it wakes its user comes back, to new tabs."""
    for tab in tabs:
        tab.fall_silent()


def _reset(tab: Tab) -> None:
    """Something in between ends the connection that the page knows of."""
    for socket in tab.current[-1:]:
        tab.server.reset(socket)
