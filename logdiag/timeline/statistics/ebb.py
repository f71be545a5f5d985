"""Whether a count of connections fell back: all that a log which names none of them can prove."""

from __future__ import annotations

from typing import Final

from logdiag.timeline import minutes
from logdiag.timeline.reader import Reader
from logdiag.timeline.statistics.asking import SERVICE, within

LATE: Final = 4  # the last quarter of what happened
MOST: Final = 50_000  # steps read one by one; 0.05 s
GROUND: Final = 10  # a tenth of the peak is near to nothing; so is one connection

_STEPS = (
    "SELECT state, live FROM transitions WHERE id BETWEEN ?4 AND ?5"
    f" AND +service = {SERVICE} AND {within('time')} ORDER BY id DESC LIMIT ?6"
)


def fell_to(
    reader: Reader, service: str, peak: int, since: int | None = None, until: int | None = None
) -> int | None:
    """To how few live connections closes brought the count back, late in the period.

    None: it stayed above a tenth of `peak`, or a restart or a gap took the others away: from there
    on it must have risen to half of the peak before its fall proves anything.
    """
    totals = minutes.totals(reader, service, since, until)
    lost = totals.superseded + totals.unknown
    found: int | None = None
    ground, high = -(-peak // GROUND), 0 if lost else peak
    late = min(MOST, -(-(totals.opened + totals.closed + lost) // LATE))
    first, last = 0, (1 << 63) - 1
    if since is not None or until is not None:
        first, last, _ = minutes.steps_within(reader, service, since, until)
    rows = reader._rows(_STEPS, service, since, until, first, last, late)
    for state, live in ((row["state"], row["live"]) for row in reversed(rows)):
        if state in ("superseded", "unknown"):
            high = 0
        high = max(high, live)
        if state == "closed" and live <= ground and 2 * high >= peak:
            found = live if found is None else min(found, live)
    return found
