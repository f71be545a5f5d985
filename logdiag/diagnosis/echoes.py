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
from typing import Any, Final, NamedTuple

from logdiag.diagnosis.moments import Moment, passed
from logdiag.model import SECOND, Event

WINDOW: Final = 2 * SECOND  # two loggers of one process, or a proxy beside it
WINDOW_LINES: Final = 10  # the same where the log has no clock
MAX_LOOK: Final = 16  # reports compared per event: bounds the cost in a storm of refusals
MAX_KEPT: Final = 4096  # reports kept per kind and path: older ones are told as new events

_WITH_ID: Final = "/id"

KINDS: Final = frozenset({"opening", "opened", "closed", "rejected", "auth_failure"})


class Report(NamedTuple):
    """An event that was counted, the connection it is about, and the reporters that told it."""

    event: Event
    reporters: tuple[str, ...]
    ordinal: int
    life: int | None = None

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


_new: Final = tuple.__new__  # makes a named tuple in a third of its own constructor's time


class Echoes:
    """Finds the echoes among the events of one service."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[Report]] = {}  # see `_key`
        self._reporters: dict[str, set[str]] = {kind: set() for kind in sorted(KINDS)}
        self._complete: deque[Report] = deque(maxlen=MAX_LOOK)  # told by all reporters known then
        self._names: dict[tuple[str, str, bool], str] = {}

    def find(self, event: Event, reporter: str, ordinal: int) -> Report | None:
        """The report that this event repeats, now told by its reporter too; else None."""
        known = self._reporters[event.kind]
        if len(known) < 2 and (not known or reporter in known):
            return None  # nobody else reports such events
        reports = self._recent.get(_key(event), deque())
        while reports and _expired(reports[0], event, ordinal):
            reports.popleft()
        place = _place(reports, event, reporter)
        if place is None:
            if reporter not in known:  # what all had told, this one had not
                known.add(reporter)
                return self._late(event, reporter, ordinal)
            return None
        known.add(reporter)
        found = _told(reports, place, reporter)
        if len(found.reporters) >= len(known):
            del reports[place]
            self._complete.append(found)
        return found

    def _late(self, event: Event, reporter: str, ordinal: int) -> Report | None:
        late = self._complete
        while late and _expired(late[0], event, ordinal):
            late.popleft()
        place = _place(late, event, reporter)
        return None if place is None else _told(late, place, reporter)

    def add(self, event: Event, reporter: str, ordinal: int, life: int | None) -> None:
        """Remember an event that was counted, of that connection, so that its echoes are known."""
        kind = event.kind
        self._reporters[kind].add(reporter)
        key = _key(event) if kind == "auth_failure" else kind
        reports = self._recent.get(key)
        if reports is None:
            self._forget(event, ordinal)
            reports = self._recent[key] = deque(maxlen=MAX_KEPT)
        reports.append(_new(Report, (event, (reporter,), ordinal, life)))

    def reporter(self, event: Event) -> str:
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

    def snapshot(self, now: Moment) -> dict[str, Any]:
        """What `restore` needs from now on, as plain JSON types."""
        recent = ((key, _kept(reports, now)) for key, reports in self._recent.items())
        return {
            "reporters": {kind: sorted(names) for kind, names in self._reporters.items() if names},
            "complete": list(self._complete),
            "recent": [[key, reports] for key, reports in recent if reports],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        for kind, names in state["reporters"].items():
            self._reporters[kind] = set(names)
        self._complete.extend(map(_report, state["complete"]))
        self._recent = {
            key: deque(map(_report, reports), maxlen=MAX_KEPT) for key, reports in state["recent"]
        }


def _report(plain: list[Any]) -> Report:
    event, reporters, ordinal, life = plain
    return Report(Event(*event), tuple(reporters), ordinal, life)


def _place(reports: deque[Report], event: Event, reporter: str) -> int | None:
    """Where the oldest report stands that the event repeats."""
    for place, report in enumerate(islice(reports, MAX_LOOK)):
        if (
            report.event.kind == event.kind
            and reporter not in report.reporters
            and report.agrees(event, reporter)
        ):
            return place
    return None


def _told(reports: deque[Report], place: int, reporter: str) -> Report:
    """That report, once the reporter told it too."""
    found = reports[place]
    found = reports[place] = found._replace(reporters=(*found.reporters, reporter))
    return found


def _key(event: Event) -> str:
    """Requests are looked up by the last part of their path; connections have a queue per kind."""
    if event.kind != "auth_failure" or not event.path:
        return event.kind
    return f"auth_failure {event.path.partition('?')[0].rpartition('/')[2]}"


def _expired(report: Report, event: Event, ordinal: int) -> bool:
    since = report.event.time, report.ordinal
    return passed(since, (event.time, ordinal), WINDOW, WINDOW_LINES)


def _kept(reports: deque[Report], now: Moment) -> list[Report]:
    """Those that a line may still repeat: where one reporter tells all, nobody takes them out."""
    return [
        one
        for one in reports
        # twice the window: lines may be a little late
        if not passed((one.event.time, one.ordinal), now, 2 * WINDOW, 2 * WINDOW_LINES)
    ]


def _same_path(one: str, other: str) -> bool:
    """Equal but for the query; a mounted router logs the path's end only."""
    one, other = one.partition("?")[0], other.partition("?")[0]
    return one == other or one.endswith(other) or other.endswith(one)


def _local(address: str) -> bool:
    return address.startswith(("127.", "::1", "10.", "192.168.", "172.", "fd"))
