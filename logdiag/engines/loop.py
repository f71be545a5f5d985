"""One look after another: read what is new, judge it, commit."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from itertools import groupby
from operator import attrgetter

from logdiag.engines.feed import Feed
from logdiag.engines.pipeline import Pipeline
from logdiag.engines.sequence import LATENESS
from logdiag.engines.service import Service
from logdiag.model import SECOND, Gap
from logdiag.tailing import Notice, Tailer

QUIET = LATENESS  # after so long without an event nothing earlier is still to come
LONG = SECOND  # a sweep that took longer read some logs too early to know what came in others


class Loop:
    """Follows sources. `wall` tells the time in ns, `notice` hears what a person should know."""

    def __init__(
        self, pipeline: Pipeline, tailer: Tailer, notice: Callable[[str], None],
        stopped: Callable[[], bool] = lambda: False, wall: Callable[[], int] = time.time_ns,
    ) -> None:  # fmt: skip
        self._pipeline = pipeline
        self._tailer = tailer
        self._notice = notice
        self._stopped = stopped
        self._wall = wall
        self._heard: dict[str, int] = {}  # service -> wall time of its last event, ns

    def step(self) -> None:
        """One look at all sources, up to a commit."""
        self._sweep()
        if not self._stopped():
            self._pass_time()
        self._pipeline.commit()

    def finish(self) -> None:
        """Nothing more is read: what there is, is judged as if the input ended here."""
        self._pipeline.finish()

    def _sweep(self) -> None:
        """Read all sources to their ends, service by service a block in turn."""
        for item in self._tailer.refresh():
            if isinstance(item, Gap):
                self._tell_gap(item)
                self._pipeline.gap(item)
            else:
                self.tell(item)
        began = self._wall()
        by_service = sorted(self._tailer.readers(), key=attrgetter("source.service"))
        feeds = deque(
            (self._pipeline.service(name), Feed(self._pipeline.service(name), list(group),
                                                self._tell_gap, live=True))
            for name, group in groupby(by_service, key=attrgetter("source.service"))
        )  # fmt: skip
        while feeds and not self._stopped():
            service, feed = feeds.popleft()
            if feed.read(self._pipeline) is not None:
                feeds.append((service, feed))
                if self._pipeline.full:
                    self._pipeline.commit()
                continue
            if feed.heard:
                self._heard[service.name] = self._wall()
                if self._wall() - began < LONG:
                    service.release(service.sequence.latest - LATENESS)

    def _pass_time(self) -> None:
        """Let time pass for services without events."""
        now = self._wall()
        for name, service in self._pipeline.services.items():
            silent = now - self._heard.setdefault(name, now)
            if silent >= (service.settle if service.dormant else QUIET):
                self._rest(service, silent)

    def _rest(self, service: Service, silent: int) -> None:
        self._pipeline.wake(service)
        service.release(None)
        service.pass_time(silent)
        if silent >= service.settle and not service.resting:
            service.resting = service.touched = True

    def _tell_gap(self, gap: Gap) -> None:
        self._notice(f"{gap.source.path}: lines are missing at byte {gap.offset}: {gap.reason}.")

    def tell(self, notice: Notice) -> None:
        """Pass on a notice; a warning is a problem of the whole run."""
        text = f"{notice.path}: {notice.what} {notice.hint}".strip(" :")
        if notice.level == "warning":
            self._pipeline.outcome.problem(text)
        self._notice(text)
