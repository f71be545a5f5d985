"""What can be told only after a while, for what may still come: see `deliveries` and `losses`."""

from __future__ import annotations

from logdiag.diagnosis.court import Court
from logdiag.diagnosis.deliveries import Deliveries
from logdiag.diagnosis.deriving import Deriving
from logdiag.diagnosis.moments import Moment


class Awaited:
    """All of it, of one service. `nobody` knows whose it is."""

    def __init__(self, deliveries: Deliveries, deriving: Deriving, court: Court) -> None:
        self._deliveries = deliveries
        self._deriving = deriving
        self._losses = deriving.losses
        self._court = court

    @property
    def waits(self) -> bool:
        """Whether time alone may tell something."""
        return self._deliveries.waits or self._losses.waits

    def late(self, moment: Moment) -> bool:
        """Whether there is anything that can be told by now."""
        return self._losses.late(moment) or self._deliveries.late(moment)

    def tell(self, moment: Moment, *, nobody: bool) -> None:
        """Tell it."""
        if self._deliveries.late(moment):
            self._court.told(self._deliveries.overdue(moment), moment, nobody)
        while self._losses.late(moment):
            self._judge(nobody)

    def rest(self, now: Moment, *, nobody: bool) -> None:
        """The same of all, if nothing follows."""
        self._court.told(self._deliveries.rest(now), now, nobody)
        while self._losses.waits:
            self._judge(nobody)

    def _judge(self, nobody: bool) -> None:
        """Count the oldest loss where and when it was, as if it had been known then."""
        loss = self._losses.pop()
        if loss.newer:
            self._court.told(self._deriving.lost(loss), loss.moment, nobody)
