"""The server's own count of connections, held against what the lines account for.

"Total connections: 4" is a second witness. When it says less than the lines do, connections ended
without a line; when it says more, they began before the log did, or the server never let go of
connections whose close it logged: that is `drift`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from logdiag.model import Event

RESET_FROM: Final = 3  # a total that falls to one from so many is a restart, not closes
MAX_FLIPS: Final = 3  # contradictions after which it is not the service's total (one per room?)


class Comparison(NamedTuple):
    """How many connections ended without a line, and whether a restart explains it."""

    missing: int = 0
    restarted: bool = False


NOTHING: Final = Comparison()


_FIELDS = ("before", "closed_since", "drift", "fell", "flips", "offsets")


class _Scope:
    """What one server process has reported."""

    __slots__ = _FIELDS

    def __init__(self) -> None:
        self.before = 0
        self.drift = 0
        self.flips = 0
        self.fell = False
        self.closed_since = False
        self.offsets: dict[str, int] = {}  # by wording: some log before they count, some after


class Totals:
    """The totals of one service, by process."""

    def __init__(self) -> None:
        self._scopes: dict[str, _Scope] = {}
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
        self._ended.clear()
        self.before = self.drift = 0

    def ended(self, process: str | None) -> None:
        """A process started or stopped, or all did: what it held is gone.

        A server that stops in order may close its connections one by one: it counts down to zero
        what a restart ended at once, which is no drift.
        """
        gone = list(self._scopes) if process is None else [process]
        if process is None:
            self._ended.clear()
        self._ended.update(gone)
        for name in gone:
            if (scope := self._scopes.pop(name, None)) is not None:
                self._add_before(scope, -scope.before)
        self._measure()

    def unseen_close(self, event: Event) -> None:
        """A connection ended that no line had opened: it was one of those before."""
        scope = self._scopes.get(event.process or "")
        if scope is not None and scope.before:
            self._add_before(scope, -1)

    def compare(self, event: Event, own: int, *, counted: bool) -> Comparison:
        """Hold `event.total` against `own`, the live connections of that process by its lines.

        `counted`: the connections carry no ids, so the total corrects our count.
        """
        total = event.total or 0
        scope = self._scopes.get(event.process or "")
        if scope is None:
            if event.kind == "closed" and (event.process or "") in self._ended:
                return NOTHING
            self._ended.discard(event.process or "")
            scope = self._scopes[event.process or ""] = _Scope()
            self._add_before(scope, max(0, total - own))
        difference = total - own - scope.before
        difference -= scope.offsets.setdefault(event.pattern, difference)
        closed_since, scope.closed_since = scope.closed_since, event.kind == "closed"
        if scope.flips >= MAX_FLIPS:
            return NOTHING
        if difference < 0:
            return self._less(scope, -difference, total, own, counted)
        if not counted or closed_since or event.kind == "closed":
            if difference != scope.drift:  # rarely; but it is asked for at each opening
                self._drifted(scope, difference)
        elif difference > scope.drift:
            self._add_before(scope, difference - scope.drift)  # opened where we could not see
            scope.flips += scope.fell
        return NOTHING

    def _drifted(self, scope: _Scope, drift: int) -> None:
        scope.drift = drift
        self._measure()

    def _measure(self) -> None:
        self.drift = max((scope.drift for scope in self._scopes.values()), default=0)

    def _add_before(self, scope: _Scope, change: int) -> None:
        scope.before += change
        self.before += change

    def _less(self, scope: _Scope, missing: int, total: int, own: int, counted: bool) -> Comparison:
        self._drifted(scope, 0)
        restarted = total <= 1 and own + scope.before >= RESET_FROM
        if not (counted or restarted):
            return NOTHING
        scope.fell = True
        known = min(scope.before, missing)
        self._add_before(scope, -known)
        return Comparison(missing - known, restarted)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        scopes = {
            process: {name: getattr(scope, name) for name in _FIELDS}
            for process, scope in self._scopes.items()
        }
        return {"scopes": scopes, "ended": sorted(self._ended)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        self._scopes, self._ended = {}, set(state["ended"])
        for process, values in state["scopes"].items():
            scope = self._scopes[process] = _Scope()
            for name, value in values.items():
                setattr(scope, name, value)
        self.before = sum(scope.before for scope in self._scopes.values())
        self._measure()
