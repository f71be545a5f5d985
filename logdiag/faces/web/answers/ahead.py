"""What was read and is not judged yet, drawn as it will most likely be.

A line waits until no other log can bring an earlier one (`engines.sequence.LATENESS`). So that it
is seen at once all the same, those that wait are followed ahead of that, without rules. Verdicts,
findings and reports know nothing of them: they tell what was judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from logdiag.diagnosis.lifecycle import LIVE
from logdiag.diagnosis.preview import PARTS, preview
from logdiag.model import Changes, Connection
from logdiag.timeline import Reader
from logdiag.timeline.minutes import COUNTED, MINUTE
from logdiag.timeline.population import Member
from logdiag.timeline.series import Bucket, Series
from logdiag.timeline.waiting import waiting

MOST = 2_000  # lines looked at, 20 ms; in a busier log some are seen only when they are judged
MOST_LIVING = 1_000  # of the connections that they may be about, 10 ms
_COLUMNS = {state: name for name, state in COUNTED.items()}


class Step(NamedTuple):
    """When (ns) what is counted how many more, and by how many the live ones change."""

    at: int
    counted: str = ""
    more: int = 1
    live: int = 0


class Ahead(NamedTuple):
    """The connections that changed, as they will be, the steps that they took, refused requests.

    `echoed`: lines (source, offset) about a refused request that another line told, with times.
    """

    connections: list[Connection]
    steps: list[Step]
    failures: list[Step]
    echoed: dict[tuple[int, int], int]

    def told(self) -> dict[str, int]:
        """The sums of all."""
        sums = dict.fromkeys(("live", "opened", "closed", "rejected", "auth_failures"), 0)
        for _, counted, count, live in (*self.steps, *self.failures):
            sums["live"] += live
            if counted in sums:
                sums[counted] += count
        return sums


NOTHING = Ahead([], [], [], {})


def ahead(reader: Reader, service: str) -> Ahead:
    """What waits of a service."""
    events, state, living = waiting(reader, service, PARTS, most=MOST, most_living=MOST_LIVING)
    if not events:
        return NOTHING
    try:
        changes = preview(service, state, living, events)
    except (LookupError, TypeError, ValueError, AttributeError):  # another version left it
        return NOTHING
    failed = {(one.source, one.offset): one.time for one in events if one.kind == "auth_failure"}
    echoed = {echo[:2]: time for echo in changes.echoes if (time := failed.get(echo[:2]))}
    failures = [Step(time, "auth_failures") for time in changes.auth_failures if time is not None]
    return Ahead(changes.connections, list(_steps(changes, living)), failures, echoed)


def _steps(changes: Changes, living: Iterable[Connection]) -> Iterator[Step]:
    was_live = {one.number for one in living if one.state in LIVE}
    before: int | None = None
    for number, state, time, _, _, live in changes.transitions:
        # what was live before the first step is not known where there are too many
        change = (state in LIVE) - (number in was_live) if before is None else live - before
        before = live
        if time is not None:
            yield Step(time, _COLUMNS.get(state, ""), live=change)


def drawn(series: Series, found: Ahead) -> Series:
    """The series with the steps in it."""
    # long intervals count refused requests, short ones their lines, which are stored already
    failures = found.failures if series.step >= MINUTE else [
        Step(time, "auth_failures", -1) for time in found.echoed.values()
    ]  # fmt: skip
    steps: dict[int, list[Step]] = {}  # by interval
    for step in (*found.steps, *failures):
        steps.setdefault((step.at - series.buckets[0].at) // series.step, []).append(step)
    risen = 0
    buckets = []
    for place, bucket in enumerate(series.buckets if steps else ()):
        buckets.append(_with(bucket, risen, steps.get(place, ())))
        risen = buckets[-1].last - bucket.last
    return series._replace(buckets=tuple(buckets)) if steps else series


def _with(bucket: Bucket, risen: int, steps: Iterable[Step]) -> Bucket:
    """The bucket with `risen` more live ones from its begin on, and with its own steps."""
    if not risen and not steps:
        return bucket
    known = bucket._asdict()
    for name in ("low", "high", "last"):
        known[name] = max(0, known[name] + risen)
    for _, counted, more, live in steps:
        if counted:
            known[counted] += more
        known["last"] = last = max(0, known["last"] + live)
        known["low"], known["high"] = min(known["low"], last), max(known["high"], last)
    return Bucket(**known)


def joined(
    members: Iterable[Member], connections: Iterable[Connection]
) -> tuple[list[Member], list[Member]]:
    """Those that are new, their numbers below zero; and those known before, as they are now."""
    listed = list(members)
    places = {one.number: place for place, one in enumerate(listed)}
    born = []
    for one in connections:
        if one.number in places:
            listed[places[one.number]] = _member(one, one.number)
        elif one.opened_at is not None or one.state == "rejected":  # else it is none of the latest
            born.append(_member(one, -one.number))
    return born, listed


def _member(one: Connection, number: int) -> Member:
    begin = one.closed_at if one.state == "rejected" else one.opened_at
    return Member(
        number, one.name, one.identity, one.state, one.client_key, one.client, one.path, one.user,
        one.process, begin, one.closed_at,
    )  # fmt: skip
