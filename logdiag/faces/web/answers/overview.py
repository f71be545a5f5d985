"""`/services`, `/statistics`: each service in a few words, and in numbers."""

from __future__ import annotations

from logdiag.diagnosis.verdict import verdict
from logdiag.faces import periods, statistics
from logdiag.faces.document import end_of_data
from logdiag.faces.facts import known
from logdiag.faces.periods import Period
from logdiag.faces.web.answers.asked import Context, Document, axis_of
from logdiag.timeline import Reader
from logdiag.timeline.answers import SourceStatus


def services(context: Context) -> Document:
    """All services, by name."""
    reader = context.reader
    sources = reader.sources()
    return {"services": [_service(reader, name, sources) for name in reader.services()]}


def _service(reader: Reader, name: str, sources: list[SourceStatus]) -> Document:
    own = [one for one in sources if one.source.service == name]
    one = known(reader, name, own, Period())
    findings = [found.finding for found in reader.findings(name)]
    word, reason = verdict(findings, one.facts())
    return {
        "name": name, "verdict": word, "reason": reason, "axis": axis_of(reader, name).told(),
        "clock": one.clock, "identity": one.identity, "live": one.live.at_end,
        "findings": {
            state: sum(finding.state == state for finding in findings)
            for state in ("firing", "pending", "resolved")
        },
        "sources": len(own), "gaps": sum(len(source.gaps) for source in own),
    }  # fmt: skip


def service_statistics(
    context: Context, service: str, since: str | None = None, until: str | None = None
) -> Document:
    """The `statistics` of a service, as the report has them."""
    reader = context.reader
    clock = axis_of(reader, service).clock
    period = Period()
    if clock:
        period = periods.period(since, until, end_of_data(reader, service))
    return statistics.told(reader, service, period, sampled=True)
