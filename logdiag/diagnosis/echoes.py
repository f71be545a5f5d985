"""One event, several lines: which lines only repeat what another reporter already told.

The application and an access logger both write a line for the same refused request; a protocol
server writes two for one handshake. A *reporter* is a pack and a layer. A line is an echo of the
oldest recent line of the same kind that another reporter wrote, that tells nothing different, and
that this reporter has not echoed yet: so two refused requests that are each reported twice are
two, not one and not four.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from logdiag.diagnosis.moments import Moment, passed
from logdiag.model import SECOND, Event

WINDOW: Final = 2 * SECOND  # two loggers of one process, or a proxy beside it
WINDOW_LINES: Final = 10  # the same where the log has no clock
MAX_LOOK: Final = 16  # reports compared per event: bounds the cost in a storm of refusals
LOOK_EVERY: Final = 64  # reports kept between two looks for those that are too old
MAX_KEPT: Final = 4096  # reports kept per kind and path: older ones are told as new events

_WITH_ID: Final = "/id"

Reporters = tuple[str, ...]

KINDS: Final = frozenset({"opening", "opened", "closed", "rejected", "auth_failure"})


class Report(NamedTuple):
    """An event that was counted, the connection it is about, and the reporters that told it."""

    event: Event
    reporters: Reporters
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


# A report as it is kept, in the order of its fields: most are never looked at again.
_Kept = tuple[Event, Reporters, int, int | None]


class Kind:
    """The events of one kind: who tells them, and those that another line may repeat."""

    __slots__ = ("reporters", "reports")

    def __init__(self) -> None:
        self.reporters: set[str] = set()
        self.reports: list[_Kept] = []


class Echoes:
    """Finds the echoes among the events of one service."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {kind: Kind() for kind in sorted(KINDS)}
        # Refused requests are looked up by the last part of their path.
        self._paths: dict[str, list[_Kept]] = {}
        self._tails: dict[str, str] = {}  # path -> its last part
        self._complete: list[_Kept] = []  # told by all reporters known then
        # By pattern: layer, and see `reporter`, each as the only one that told something so far.
        self._names: dict[str, tuple[str, Reporters, Reporters]] = {}

    def find(self, event: Event, kind: Kind, told: Reporters, ordinal: int) -> Report | None:
        """The report that this event repeats, now told by its reporter too; else None."""
        known, reporter = kind.reporters, told[0]
        if len(known) < 2 and (not known or reporter in known):
            return None  # nobody else reports such events
        reports, place = kind.reports, None
        if event.kind == "auth_failure" and event.path:
            of_path = self._paths.get(self._tail(event.path), [])
            place = _place(of_path, event, reporter, ordinal)
            if place is not None:
                reports = of_path
        if place is None:  # an error's stack trace does not say what was asked for
            place = _place(reports, event, reporter, ordinal)
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
            del self._complete[:-MAX_LOOK]
        return found

    def _late(self, event: Event, reporter: str, ordinal: int) -> Report | None:
        place = _place(self._complete, event, reporter, ordinal)
        return None if place is None else _told(self._complete, place, reporter)

    def add(
        self, event: Event, kind: Kind, told: Reporters, ordinal: int, life: int | None
    ) -> None:
        """Remember an event that was counted, of that connection, so that its echoes are known."""
        kind.reporters.add(told[0])
        reports = kind.reports
        if event.path and event.kind == "auth_failure":
            reports = self._of_path(event, ordinal)
        if reports and len(reports) % LOOK_EVERY == 0:
            half = len(reports) // 2  # at once, so that it is done seldom
            # thrice the window: lines may be a little late, those here and those to come
            if len(reports) >= MAX_KEPT or _expired(reports[half], (event.time, ordinal), 3):
                del reports[:half]
        reports.append((event, told, ordinal, life))

    def _of_path(self, event: Event, ordinal: int) -> list[_Kept]:
        tail = self._tail(event.path or "")
        reports = self._paths.get(tail)
        if reports is None:
            self._forget(event, ordinal)
            reports = self._paths[tail] = []
        return reports

    def _tail(self, path: str) -> str:
        tail = self._tails.get(path)
        if tail is None:
            if len(self._tails) >= MAX_KEPT:
                self._tails.clear()
            tail = self._tails[path] = path.partition("?")[0].rpartition("/")[2]
        return tail

    def reporter(self, event: Event) -> Reporters:
        """Who tells: the pack and the layer. Lines with and without an id are two wordings."""
        names = self._names.get(event.pattern)
        if names is None or names[0] != event.layer:
            name = f"{event.pattern.partition(':')[0]}/{event.layer}"
            names = (event.layer, (name,), (name + _WITH_ID,))
            self._names[event.pattern] = names
        return names[1] if event.connection is None else names[2]

    def _forget(self, event: Event, ordinal: int) -> None:
        """Drop what is too old to be echoed, once the paths are many."""
        if len(self._paths) < MAX_KEPT:
            return
        kept = [
            (key, reports)
            for key, reports in self._paths.items()
            if reports and not _expired(reports[-1], (event.time, ordinal), 1)
        ]
        # In a storm of paths even these are too many: half of them, so that this is done seldom.
        self._paths = dict(kept[-MAX_KEPT // 2 :])

    def snapshot(self, now: Moment) -> dict[str, Any]:
        """What `restore` needs from now on, as plain JSON types."""
        paths = ((path, _kept(reports, now)) for path, reports in self._paths.items())
        return {
            "kinds": [
                [kind, sorted(one.reporters), _kept(one.reports, now)]
                for kind, one in self.kinds.items()
            ],
            "complete": self._complete,
            "paths": [[path, reports] for path, reports in paths if reports],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        for kind, reporters, reports in state["kinds"]:
            self.kinds[kind].reporters.update(reporters)
            self.kinds[kind].reports.extend(map(_restored, reports))
        self._complete.extend(map(_restored, state["complete"]))
        self._paths = {path: list(map(_restored, reports)) for path, reports in state["paths"]}


def _restored(plain: list[Any]) -> _Kept:
    event, reporters, ordinal, life = plain
    return Event(*event), tuple(reporters), ordinal, life


def _place(reports: list[_Kept], event: Event, reporter: str, ordinal: int) -> int | None:
    """Where the oldest report stands that the event repeats; those that expired are dropped."""
    expired, now = 0, (event.time, ordinal)
    while expired < len(reports) and _expired(reports[expired], now, 1):
        expired += 1
    del reports[:expired]
    for place, kept in enumerate(reports[:MAX_LOOK]):
        report = Report(*kept)
        if (
            report.event.kind == event.kind
            and reporter not in report.reporters
            and report.agrees(event, reporter)
        ):
            return place
    return None


def _told(reports: list[_Kept], place: int, reporter: str) -> Report:
    """That report, once the reporter told it too."""
    found = Report(*reports[place])
    found = reports[place] = found._replace(reporters=(*found.reporters, reporter))
    return found


def _expired(kept: _Kept, now: Moment, windows: int) -> bool:
    """Whether a report is so many windows old."""
    since = kept[0].time, kept[2]
    return passed(since, now, windows * WINDOW, windows * WINDOW_LINES)


def _kept(reports: list[_Kept], now: Moment) -> list[_Kept]:
    """Those that a line may still repeat: where one reporter tells all, nobody takes them out."""
    # twice the window: lines may be a little late
    return [report for report in reports if not _expired(report, now, 2)]


def _same_path(one: str, other: str) -> bool:
    """Equal but for the query; a mounted router logs the path's end only."""
    one, other = one.partition("?")[0], other.partition("?")[0]
    return one == other or one.endswith(other) or other.endswith(one)


def _local(address: str) -> bool:
    return address.startswith(("127.", "::1", "10.", "192.168.", "172.", "fd"))
