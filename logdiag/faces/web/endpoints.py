"""The endpoints, in one table: served by `api.py`, described by `openapi.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from logdiag.faces.web.answers.asked import Document
from logdiag.faces.web.answers.connection import connection
from logdiag.faces.web.answers.files import unknown
from logdiag.faces.web.answers.findings import finding, findings, report
from logdiag.faces.web.answers.lanes import lanes
from logdiag.faces.web.answers.live import live
from logdiag.faces.web.answers.overview import service_statistics, services
from logdiag.faces.web.answers.rules import rules
from logdiag.faces.web.answers.sources import sources
from logdiag.faces.web.parameters import (
    ANY_SERVICE,
    FROM,
    PAGE,
    RULE,
    SERVICE,
    SINCE,
    SIZE,
    TO,
    UNTIL,
    WIDTH,
    Parameter,
    text,
    whole,
    words,
)


class Endpoint(NamedTuple):
    """One address: `answer(context, **arguments)` gives a document of the schema `gives`."""

    name: str
    gives: str
    answer: Callable[..., Document]
    parameters: tuple[Parameter, ...] = ()
    clock: bool = False  # whether the answer changes with time alone
    slow: bool = False  # whether it looks at all connections


_STATE = Parameter("state", words("firing", "pending", "resolved"), "Only findings in this state.")
_BAR_STATE = Parameter(
    "state",
    words("connecting", "open", "closing", "closed", "rejected", "superseded", "unknown", "leaked"),
    "Only connections in this state.",
)
_FINGERPRINT = Parameter(
    "id", text(200), "The finding's fingerprint.", required=True, argument="fingerprint"
)
_LANES = (
    SERVICE,
    Parameter("by", words("client", "path", "service", default="client"), "What a lane is."),
    FROM, TO, WIDTH,
    Parameter("q", text(200), "Part of a connection's name, client or path, ignoring case."),
    RULE,
    Parameter("finding", text(200), "Only connections that the finding of this id names."),
    _BAR_STATE, PAGE, SIZE,
)  # fmt: skip

ENDPOINTS = (
    Endpoint("report", "report", report, (ANY_SERVICE, SINCE, UNTIL)),
    Endpoint("services", "services", services),
    Endpoint("live", "live", live, (SERVICE, FROM, TO, WIDTH)),
    Endpoint("lanes", "lanes", lanes, _LANES),
    Endpoint(
        "connection", "connection", connection,
        (SERVICE, Parameter("number", whole(1, 2**62), "The connection's.", required=True)),
    ),
    Endpoint("findings", "findings", findings, (ANY_SERVICE, _STATE, RULE, PAGE, SIZE)),
    Endpoint("finding", "finding", finding, (SERVICE, _FINGERPRINT)),
    Endpoint("rules", "rules", rules),
    Endpoint("sources", "sources", sources, clock=True),
    Endpoint(
        "unknown", "unknown", unknown,
        (Parameter("source", whole(1, 2**62), "The source's id.", required=True),), slow=True,
    ),
    Endpoint(
        "statistics", "report_statistics", service_statistics, (SERVICE, SINCE, UNTIL), slow=True
    ),
)  # fmt: skip
