"""Questions about all connections of a service at once, answered without reading them all.

SQLite aggregates and sorts, on disk where it is much: what comes back is small. They stand beside
the reader, not in it, to keep both short.
"""

from __future__ import annotations

from logdiag.timeline.statistics.asking import Quantiles
from logdiag.timeline.statistics.clients import Clients, Held, Overlap, clients, overlap
from logdiag.timeline.statistics.ebb import fell_to
from logdiag.timeline.statistics.excess import Excess, client_excess, excess, unended
from logdiag.timeline.statistics.flow import Flow, Point, flow
from logdiag.timeline.statistics.grounds import (
    Lifetime,
    closed_at_stop,
    has_arrivals,
    identities,
    lifetime,
    nobodys,
)
from logdiag.timeline.statistics.lives import Bar, Code, Lifetimes, close_codes, lifetimes
from logdiag.timeline.statistics.losses import Losses, losses
from logdiag.timeline.statistics.sampling import ALL, Sample, sample

__all__ = [
    "ALL", "Bar", "Clients", "Code", "Excess", "Flow", "Held", "Lifetime", "Lifetimes",
    "Losses", "Overlap", "Point", "Quantiles", "Sample", "client_excess", "clients",
    "close_codes", "closed_at_stop", "excess", "fell_to", "flow", "has_arrivals", "identities",
    "lifetime", "lifetimes", "losses", "nobodys", "overlap", "sample", "unended",
]  # fmt: skip
