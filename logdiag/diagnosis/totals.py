"""The server's own count of connections, held against what the lines account for.

"Total connections: 4" is a second witness. When it says less than the lines do, connections ended
without a line; when it says more, they began before the log did, or the server never let go of
connections whose close it logged: that is `drift`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from logdiag.model import Event

RESET_FROM: Final = 3  # a total that falls to one from so many is a restart, not closes
WATCHED: Final = 40  # openings after a silence that may tell what it hides
SEVERAL: Final = 2  # too many at once over a silence
RUNNING: Final = 2  # openings that must agree
MAX_FLIPS: Final = 3  # contradictions after which it is not the service's total (one per room?)
MAX_RISES: Final = 24  # rises of the drift that are shown, the first ones: each by two lines


class Comparison(NamedTuple):
    """How many connections ended without a line, and whether a restart explains it.

    `hole`: lines are missing in the middle of the log, before the last silence ended.
    """

    missing: int = 0
    restarted: bool = False
    hole: bool = False


NOTHING: Final = Comparison()
HOLE: Final = Comparison(hole=True)


class Rise(NamedTuple):
    """The drift rose to `drift` at a line, whose total does not fit that of the line before."""

    drift: int
    before: tuple[int, int]  # (source, offset)
    line: tuple[int, int]


class Account(NamedTuple):
    """What a server process says that it holds, and what its lines account for."""

    says: int
    accounted: int
    rises: tuple[Rise, ...]  # those that nothing made good


_FIELDS = (
    "before", "closed_since", "drift", "fell", "first", "flips", "level", "odd", "offsets", "rose",
    "total",
)  # fmt: skip


class _Scope:
    """What one server process has reported."""

    __slots__ = (*_FIELDS, "latest", "rises")

    def __init__(self) -> None:
        self.before = 0
        self.drift = 0
        self.flips = 0
        self.fell = False
        # Around a silence:
        self.level = 0  # the difference before it
        self.first = False  # the next total is the first one after it
        self.rose = False  # that one said several more than the level
        self.odd = 0  # openings running whose totals do not fit
        self.closed_since = False
        self.offsets: dict[str, int] = {}  # by wording: some log before they count, some after
        self.total = 0
        self.latest: Event | None = None  # the line that told it
        self.rises: list[Rise] = []

    def drifted(self, drift: int, event: Event) -> None:
        """The drift is another one since that line."""
        rises, latest = self.rises, self.latest
        while rises and rises[-1].drift > drift:
            rises.pop()
        if drift > self.drift and latest is not None and len(rises) < MAX_RISES:
            before = latest.source, latest.offset
            rises.append(Rise(drift, before, (event.source, event.offset)))
        self.drift = drift

    def plain(self) -> dict[str, Any]:
        """What `restored` needs, as plain JSON types."""
        latest = None if self.latest is None else (self.latest.source, self.latest.offset)
        values = {name: getattr(self, name) for name in _FIELDS}
        return {**values, "latest": latest, "rises": list(self.rises)}

    @classmethod
    def restored(cls, values: dict[str, Any]) -> _Scope:
        """The scope that `plain` was made of."""
        scope = cls()
        for name in _FIELDS:
            setattr(scope, name, values[name])
        if values["latest"]:
            source, offset = values["latest"]
            scope.latest = Event("", None, source, offset, 0, "")
        scope.rises = [Rise(drift, tuple(one), tuple(two)) for drift, one, two in values["rises"]]
        return scope


class Totals:
    """The totals of one service, by process."""

    def __init__(self) -> None:
        self._scopes: dict[str, _Scope] = {}
        self._asked = ""  # for which process one was asked last, and the one
        self._found: _Scope | None = None
        self._watched = 0  # openings after a silence that are still to be looked at
        self._ended: set[str] = set()  # processes that started or stopped, and opened nothing since
        self.before = 0  # connections open before the log began, as far as totals tell
        # How many more connections the server holds than its own lines account for.
        self.drift = 0

    @property
    def reported(self) -> bool:
        """Whether the server tells its total at all."""
        return bool(self._scopes)

    def reset(self) -> None:
        """Forget all: after a gap the next total is a first one."""
        self._scopes.clear()
        self._found = None
        self._ended.clear()
        self.before = self.drift = self._watched = 0

    def watch(self) -> None:
        """A silence ended: do the totals that follow fit the lines before it?"""
        self._watched = WATCHED
        for scope in self._scopes.values():
            scope.first, scope.rose, scope.odd = True, False, 0

    def ended(self, process: str | None) -> None:
        """A process started or stopped, or all did: what it held is gone.

        A server that stops in order may close its connections one by one: it counts down to zero
        what a restart ended at once, which is no drift.
        """
        gone = list(self._scopes) if process is None else [process]
        if process is None:
            self._ended.clear()
        self._ended.update(gone)
        self._found = None
        for name in gone:
            if (scope := self._scopes.pop(name, None)) is not None:
                self._add_before(scope, -scope.before)
        self._measure()

    def account(self) -> Account | None:
        """That of the process whose total drifts most; None where no total is told."""
        scope = max(self._scopes.values(), key=lambda one: one.drift, default=None)
        if scope is None:
            return None
        return Account(scope.total, scope.total - scope.drift, tuple(scope.rises))

    def unseen_close(self, event: Event) -> None:
        """A connection ended that no line had opened: it was one of those before."""
        scope = self._of(event.process or "")
        if scope is not None and scope.before:
            self._add_before(scope, -1)

    def compare(self, event: Event, own: int, *, counted: bool) -> Comparison:
        """Hold `event.total` against `own`, the live connections of that process by its lines.

        `counted`: the connections carry no ids, so the total corrects our count.
        """
        total, closed, process = event.total or 0, event.kind == "closed", event.process or ""
        scope = self._of(process)
        if scope is None:
            if closed and process in self._ended:
                return NOTHING
            self._ended.discard(process)
            scope = self._scopes[process] = _Scope()
            self._add_before(scope, max(0, total - own))
        difference = total - own - scope.before
        difference -= scope.offsets.setdefault(event.pattern, difference)
        closed_since, scope.closed_since = scope.closed_since, closed
        if scope.flips >= MAX_FLIPS:
            return NOTHING
        if not self._watched:
            scope.level = difference
        elif self._hole(scope, event.kind == "opened", difference, counted) and not _again(
            total, own + scope.before
        ):
            return HOLE
        if difference < 0:
            found = self._less(scope, -difference, event, own, counted)
        else:
            found = NOTHING
            self._more(scope, difference, event, counted, closed_since)
        scope.total, scope.latest = total, event
        return found

    def _of(self, process: str) -> _Scope | None:
        if self._found is None or process != self._asked:
            self._asked, self._found = process, self._scopes.get(process)
        return self._found

    def _more(
        self, scope: _Scope, difference: int, event: Event, counted: bool, closed_since: bool
    ) -> None:
        if not counted or closed_since or event.kind == "closed":
            if difference != scope.drift:  # rarely; but it is asked for at each opening
                self._drifted(scope, difference, event)
        elif difference > scope.drift:
            self._add_before(scope, difference - scope.drift)  # opened where we could not see
            scope.flips += scope.fell

    def _hole(self, scope: _Scope, opening: bool, difference: int, counted: bool) -> bool:
        """Whether so many openings or closes are missing that the silence must hide lines.

        Where connections have ids only openings are judged, two of them running: closes may come
        in one breath, and be logged when all are gone. A server that forgets connections lets the
        total rise, but one by one; only what it rose by at once, over the silence, is a hole.
        """
        change = difference - scope.level
        first, scope.first = scope.first, False
        if first:
            scope.rose = change >= SEVERAL
        if counted:
            return first and abs(change) >= SEVERAL
        if opening:
            self._watched -= 1
            odd = (change < 0 and difference < 0) or (scope.rose and change >= SEVERAL)
            scope.odd = scope.odd + 1 if odd else 0
            scope.rose = scope.rose and odd
        return scope.odd >= RUNNING

    def _drifted(self, scope: _Scope, drift: int, event: Event) -> None:
        scope.drifted(drift, event)
        self._measure()

    def _measure(self) -> None:
        self.drift = max((scope.drift for scope in self._scopes.values()), default=0)

    def _add_before(self, scope: _Scope, change: int) -> None:
        scope.before += change
        self.before += change

    def _less(
        self, scope: _Scope, missing: int, event: Event, own: int, counted: bool
    ) -> Comparison:
        self._drifted(scope, 0, event)
        restarted = _again(event.total or 0, own + scope.before)
        if not (counted or restarted):
            return NOTHING
        scope.fell = True
        known = min(scope.before, missing)
        self._add_before(scope, -known)
        return Comparison(missing - known, restarted) if missing > known else NOTHING

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        scopes = {process: scope.plain() for process, scope in self._scopes.items()}
        return {"scopes": scopes, "ended": sorted(self._ended), "watched": self._watched}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        self._ended, self._watched = set(state["ended"]), state["watched"]
        self._scopes = {name: _Scope.restored(one) for name, one in state["scopes"].items()}
        self.before = sum(scope.before for scope in self._scopes.values())
        self._measure()


def _again(total: int, known: int) -> bool:
    """Whether a total begins again: nobody closes so many at once."""
    return total <= 1 and known >= RESET_FROM
