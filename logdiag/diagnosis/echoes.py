"""One event, several lines: which lines only repeat what another reporter already told.

The application and an access logger both write a line for the same refused request; a protocol
server writes two for one handshake. A *reporter* is a pack and a layer. A line is an echo of the
oldest recent line of the same kind that another reporter wrote, that tells nothing different, and
that this reporter has not echoed yet: so two refused requests that are each reported twice are
two, not one and not four.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any

from logdiag.model import SECOND, Event

WINDOW = 2 * SECOND  # two loggers of one process, or a proxy beside it
WINDOW_LINES = 10  # the same where the log has no clock
MAX_LOOK = 16  # reports compared per event: bounds the cost in a storm of refusals
MANY = 64  # reports of a kind and path after which the expired ones are looked for
MAX_KEPT = 4096  # reports kept per kind and path: older ones are told as new events

_WITH_ID = "/id"

KINDS = frozenset({"opening", "opened", "closed", "rejected", "auth_failure"})


class Report:
    """An event that was counted, and the reporters that have told it so far."""

    __slots__ = ("event", "life", "ordinal", "reporters")

    def __init__(self, event: Event, reporters: tuple[str, ...], ordinal: int) -> None:
        self.event = event
        self.ordinal = ordinal
        self.reporters = reporters
        self.life: int | None = None  # the connection it is about

    def agrees(self, event: Event, reporter: str) -> bool:
        """Whether the event says nothing that contradicts this report."""
        told = self.event
        own = reporter.removesuffix(_WITH_ID)
        if any(own == other.removesuffix(_WITH_ID) for other in self.reporters):
            # One logger wrote both, one with an id and one without: the total must be the same.
            return told.total is not None and told.total == event.total
        if told.status is not None and event.status is not None and told.status != event.status:
            return False
        if told.path and event.path and not _same_path(told.path, event.path):
            return False
        ours, theirs = told.client, event.client
        # A proxy sees the client's address and the application the proxy's.
        return ours is None or theirs is None or ours == theirs or _local(ours) or _local(theirs)


class Echoes:
    """Finds the echoes among the events of one service."""

    def __init__(self) -> None:
        self._recent: dict[tuple[str, str], deque[Report]] = {}
        self._reporters: dict[str, set[str]] = {kind: set() for kind in sorted(KINDS)}
        self._complete: deque[Report] = deque(maxlen=MAX_LOOK)  # told by all reporters known then
        self._names: dict[tuple[str, str, bool], str] = {}

    def find(self, event: Event, ordinal: int) -> Report | None:
        """The report that this event repeats, now told by its reporter too; else None."""
        known = self._reporters[event.kind]
        reporter = self._reporter(event)
        if len(known) < 2 and (not known or reporter in known):
            return None  # nobody else reports such events
        reports = self._recent.get((event.kind, _segment(event))) or deque()
        while reports and _expired(reports[0], event, ordinal):
            reports.popleft()
        found = self._join(reports, event, reporter)
        if found is None and reporter not in known:  # what all had told, this one had not
            late = deque(one for one in self._complete if not _expired(one, event, ordinal))
            found = self._join(late, event, reporter)
        known.add(reporter)
        if found is not None and found in reports and len(found.reporters) >= len(known):
            reports.remove(found)
            self._complete.append(found)
        return found

    @staticmethod
    def _join(reports: deque[Report], event: Event, reporter: str) -> Report | None:
        for report in islice(reports, MAX_LOOK):
            if (
                report.event.kind == event.kind
                and reporter not in report.reporters
                and report.agrees(event, reporter)
            ):
                report.reporters = (*report.reporters, reporter)
                return report
        return None

    def add(self, event: Event, ordinal: int) -> Report:
        """Remember an event that was counted, so that its echoes are known."""
        reporter = self._reporter(event)
        self._reporters[event.kind].add(reporter)
        report = Report(event, (reporter,), ordinal)
        key = (event.kind, _segment(event))
        reports = self._recent.get(key)
        if reports is None:
            self._forget(event, ordinal)
            reports = self._recent[key] = deque(maxlen=MAX_KEPT)
        elif not len(reports) % MANY:  # not at each: most are not old enough
            _shorten(reports, event, ordinal)
        reports.append(report)
        return report

    def _reporter(self, event: Event) -> str:
        """Who tells: the pack and the layer. Lines with and without an id are two wordings."""
        key = (event.pattern, event.layer, event.connection is None)
        name = self._names.get(key)
        if name is None:
            pack = event.pattern.partition(":")[0]
            name = self._names[key] = f"{pack}/{event.layer}" + _WITH_ID * (not key[2])
        return name

    def _forget(self, event: Event, ordinal: int) -> None:
        """Drop what is too old to be echoed, once the paths are many."""
        if len(self._recent) < MAX_KEPT:
            return
        kept = [
            (key, reports)
            for key, reports in self._recent.items()
            if reports and not _expired(reports[-1], event, ordinal)
        ]
        # In a storm of paths even these are too many: half of them, so that this is done seldom.
        self._recent = dict(kept[-MAX_KEPT // 2 :])

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        return {
            "reporters": {kind: sorted(names) for kind, names in self._reporters.items() if names},
            "complete": [_plain(report) for report in self._complete],
            "recent": [
                [kind, segment, [_plain(report) for report in reports]]
                for (kind, segment), reports in self._recent.items()
                if reports
            ],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        for kind, names in state["reporters"].items():
            self._reporters[kind] = set(names)
        self._complete.extend(_report(*plain) for plain in state["complete"])
        self._recent = {
            (kind, segment): deque((_report(*plain) for plain in reports), maxlen=MAX_KEPT)
            for kind, segment, reports in state["recent"]
        }


def _plain(report: Report) -> list[Any]:
    return [report.event, report.reporters, report.ordinal, report.life]


def _report(event: list[Any], reporters: list[str], ordinal: int, life: int | None) -> Report:
    report = Report(Event(*event), tuple(reporters), ordinal)
    report.life = life
    return report


def _segment(event: Event) -> str:
    """Requests are looked up by the last part of their path; connections have one queue."""
    if event.kind != "auth_failure" or not event.path:
        return ""
    return event.path.partition("?")[0].rpartition("/")[2]


def _expired(report: Report, event: Event, ordinal: int, windows: int = 1) -> bool:
    if report.event.time is not None and event.time is not None:
        return event.time - report.event.time > windows * WINDOW
    return ordinal - report.ordinal > windows * WINDOW_LINES


def _shorten(reports: deque[Report], event: Event, ordinal: int) -> None:
    """Without it, where only one reporter tells, thousands of reports went into every snapshot."""
    while reports and _expired(reports[0], event, ordinal, 2):  # lines may be a little late
        reports.popleft()


def _same_path(one: str, other: str) -> bool:
    """Equal but for the query; a mounted router logs the path's end only."""
    one, other = one.partition("?")[0], other.partition("?")[0]
    return one == other or one.endswith(other) or other.endswith(one)


def _local(address: str) -> bool:
    return address.startswith(("127.", "::1", "10.", "192.168.", "172.", "fd"))
