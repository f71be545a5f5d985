"""Three verdicts, not two: a leak, clean, or that the log cannot tell, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from logdiag.model import LEVELS, Finding, Identity, Verdict


class Facts(NamedTuple):
    """What the verdict on one service stands on; counts are of the server's clients."""

    opened: int
    closed: int
    superseded: int
    unknown: int
    auth_failures: int
    live_at_end: int
    identity: Identity
    lines: int  # lines read
    outliving: int = 0  # live at the end, far older than those that closed, of unknown clients
    closed_at_stop: bool = False  # lines told closes of what a restart had ended already
    fell_to: int | None = None  # so few were live again late in the log; None: it stayed above
    peak: int = 0  # live at most


def verdict(findings: Sequence[Finding], facts: Facts) -> tuple[Verdict, str]:
    """The verdict on a service and the reason, a sentence for a person.

    A leak needs a finding of at least medium that is firing, or was when the input ended, and that
    is about connections: where only requests or messages go wrong, none leaks.
    """
    medium = LEVELS.index("medium")
    worst = [
        finding
        for finding in findings
        if finding.state == "firing" and LEVELS.index(finding.level) >= medium
    ]
    if leaks := [finding for finding in worst if finding.leak]:
        return "leak", _named(leaks)
    word, reason = _cannot_tell(facts) or ("clean", _clean(findings, facts))
    return word, f"{reason} But: {_named(worst)}" if worst else reason


def _named(findings: Sequence[Finding]) -> str:
    first = max(findings, key=lambda finding: LEVELS.index(finding.level))
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{first.title}{more}."


def _cannot_tell(facts: Facts) -> tuple[Verdict, str] | None:
    if not facts.lines:
        return "cannot_tell", "Nothing was read. Are these the right files?"
    if not facts.opened and facts.closed:
        return "cannot_tell", (
            "The log has a line only when a connection ends. Log one when it opens, with an id."
        )
    if not facts.opened:
        return "cannot_tell", (
            "No line says that a connection opened. Try 'logdiag explain' on a line that should."
        )
    if not (facts.closed or facts.closed_at_stop):
        return "cannot_tell", (
            f"{_connections(facts.opened)} opened and no line says that one closed. Log the "
            "close, with the id of its opening."
        )
    if facts.unknown and facts.unknown >= facts.closed:
        return "cannot_tell", (
            f"Lines are missing: what became of {_connections(facts.unknown)} is unknown."
        )
    if facts.identity == "count" and facts.closed and facts.fell_to is None:
        return "cannot_tell", (
            f"No close says which connection it ends, and the count did not fall back late in the "
            f"log ({facts.peak:,} live at most, {facts.live_at_end:,} at the end): a leak would "
            "look the same. Log the same id with each opening and close."
        )
    if facts.outliving:
        return "cannot_tell", (
            f"{_connections(facts.outliving)} outlived all that closed, and no line tells whose "
            "they are. Log the client with each opening."
        )
    return None


def _clean(findings: Sequence[Finding], facts: Facts) -> str:
    pending = sum(finding.state == "pending" for finding in findings)
    resolved = sum(finding.state == "resolved" for finding in findings)
    reason = f"{facts.opened} opened, {facts.closed} closed, {facts.live_at_end} live at the end."
    if facts.fell_to is not None:
        reason += " No close says which connection it ends, but their count fell"
        reason += f" to {facts.fell_to}."
    if pending:
        reason += f" {pending} suspected, held back or not yet for long enough."
    if resolved:
        reason += f" {resolved} resolved before."
    return reason


def _connections(count: int) -> str:
    return f"{count} connection" + "s" * (count != 1)
