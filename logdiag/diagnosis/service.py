"""What a rule can ask about the service as a whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from logdiag.diagnosis.baseline import Baselines
from logdiag.diagnosis.following import Following
from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.handshakes import Handshakes
from logdiag.diagnosis.heartbeat import Heartbeat
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.lifetimes import Lifetimes
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.quality import Quality
from logdiag.diagnosis.totals import Account
from logdiag.diagnosis.trend import Trend

if TYPE_CHECKING:
    from logdiag.diagnosis.view import View


NOWHERE: Final = "-"  # the path where the log tells none
ELSEWHERE: Final = "..."  # all paths that few use


class Service(ABC):
    """One service, as a rule sees it; `known` answers."""

    lifetimes: Lifetimes
    following: Following
    quality: Quality
    trend: Trend
    baselines: Baselines
    handshakes: Handshakes
    heartbeat: Heartbeat
    tabs: int  # what is set: the connections that any client may have

    @property
    def settle(self) -> int:
        """S, in ns."""
        return self.heartbeat.settle

    @abstractmethod
    def closes_late(self, life: Life) -> None:
        """It closes, and a finding says that it leaked."""

    @abstractmethod
    def usual(self) -> tuple[int, int]:
        """How long connections must live to outlive what is usual here: ns, and lines."""

    @abstractmethod
    def scale(self, client: str | None, now: Moment) -> int | None:
        """How long is too long for that client in a short log, ns; None: nothing tells."""

    @property
    @abstractmethod
    def opens(self) -> int:
        """Connections that opened so far."""

    @property
    @abstractmethod
    def closes(self) -> int:
        """Connections that closed so far."""

    @property
    @abstractmethod
    def drift(self) -> int:
        """Connections that the server holds beyond what its lines account for."""

    @abstractmethod
    def account(self) -> Account | None:
        """What the server says that it holds, and what its lines account for; None: no total."""

    @abstractmethod
    def held_by(self, key: str | None) -> int:
        """Live connections of that client."""

    @abstractmethod
    def growth(self) -> bool | None:
        """Whether clients become more over days, and connections only with them."""

    @abstractmethod
    def limit(self, group: Group) -> int:
        """How many live connections one client of that group may have."""

    @abstractmethod
    def limit_on(self, path: str | None, key: str | None) -> int | None:
        """How many live connections that client may have on one path; None if nobody else is."""

    @abstractmethod
    def usual_on_paths(self, key: str | None) -> dict[str, int]:
        """By path, where half of the clients beside that one have connections: how many."""

    @abstractmethod
    def restarted(self, view: View) -> bool | None:
        """Whether the server restarted around the view's moment; None: the log does not tell."""

    @abstractmethod
    def mass_reconnect(self, view: View) -> bool | None:
        """Whether a large share of the clients lost a connection and came back around then."""

    @abstractmethod
    def slow_heartbeat(self, view: View) -> bool:
        """Whether the server was seen to keep dead peers for long."""

    @abstractmethod
    def identity_outage(self, view: View) -> bool | None:
        """Whether requests of most clients were suddenly refused around then."""

    @abstractmethod
    def token_expiry(self, view: View) -> bool | None:
        """Whether the tokens of many clients expired around then, and were renewed."""

    @abstractmethod
    def many_users(self, address: str) -> bool | None:
        """Whether many users were refused from that address."""

    @abstractmethod
    def refused_since(self, ordinal: int) -> int:
        """How often, from that line on, the request was refused that was so most often."""

    @abstractmethod
    def closes_unseen(self) -> bool:
        """Whether nothing in the log ever tells that a connection ended."""

    @abstractmethod
    def gap(self, view: View) -> bool | None:
        """Whether lines went missing around then; None: nobody can tell."""
