"""The most that a measure can be for a group as it is now, from counts that are kept anyway.

These are asked at every event, before any condition is worked out. So they are small classes, whose
calls compile to C.
"""

from __future__ import annotations

from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.service import Service


class Ask:
    """What is asked of a group, or of the service as a whole, whose answer is then exact."""

    def of(self, group: Group, service: Service) -> float:
        """The answer."""
        raise NotImplementedError


class Live(Ask):
    """Some of the live connections: no more than all of them."""

    def __init__(self, _: str = "") -> None:
        pass

    def of(self, group: Group, service: Service) -> float:
        """All of them."""
        return len(group.lives)


class Nameless(Live):
    """All of the live connections, where the group is no client's: any may be left behind."""

    def of(self, group: Group, service: Service) -> float:
        """All of them, or none."""
        return len(group.lives) if group.client is None else 0


class Kept(Ask):
    """Events within a window: no window holds more than the group keeps."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def of(self, group: Group, service: Service) -> float:
        """Those of that kind that it keeps."""
        return group.kept(self._kind)


class Marked(Ask):
    """Live connections that carry a mark."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def of(self, group: Group, service: Service) -> float:
        """Those that carry it now."""
        marked = group.marked.get(self._mark)
        return len(marked) if marked is not None else 0


class Surplus(Marked):
    """Connections that opened behind a loss that had been made good, or whose next one did."""

    def __init__(self, _: str = "") -> None:
        super().__init__("surplus")

    def of(self, group: Group, service: Service) -> float:
        """Those of the one kind and of the other, though some are both."""
        followed = service.following.of_client(group.client)
        own = super().of(group, service)
        return own if followed is None else own + followed.marked("surplus")


class Proven(Ask):
    """Events that came just before the openings of live connections, by the mark they leave."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def of(self, group: Group, service: Service) -> float:
        """The proofs that there are now; where only the count is known, the pairs."""
        if group.anonymous:
            return min(len(group.lives), len(group.pairs))
        proofs = group.proofs.get(self._mark)
        return len(proofs) if proofs is not None else 0


class Followed(Proven):
    """Live connections that such an opening followed."""

    def of(self, group: Group, service: Service) -> float:
        """All that are live; where nobody is named, the proofs."""
        return super().of(group, service) if group.client is None else len(group.lives)


class Drift(Ask):
    """Connections that the server holds beyond what its lines account for."""

    def of(self, group: Group, service: Service) -> float:
        """So many."""
        return service.drift


class Opens(Ask):
    """Connections of the service that opened so far."""

    def of(self, group: Group, service: Service) -> float:
        """So many."""
        return service.opens


class Closes(Ask):
    """Connections of the service that closed so far."""

    def of(self, group: Group, service: Service) -> float:
        """So many."""
        return service.closes


class Unnamed(Ask):
    """Closes that do not say of which connection."""

    def of(self, group: Group, service: Service) -> float:
        """So many."""
        return service.quality.unnamed


class Untimed(Ask):
    """Openings and closes without a time."""

    def of(self, group: Group, service: Service) -> float:
        """So many."""
        return service.quality.untimed


class Rising(Ask):
    """By how much the live connections per client rise per day."""

    def of(self, group: Group, service: Service) -> float:
        """So much."""
        return service.trend.rise("live_per_client")


class Lived(Ask):
    """The share of the connections that closed that lived from one duration (ns) to another."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = float(least), float(most)

    def of(self, group: Group, service: Service) -> float:
        """So large."""
        return service.lifetimes.share(self._least, self._most)
