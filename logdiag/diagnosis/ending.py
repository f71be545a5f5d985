"""What the end of the input changes: a short log is judged by the time scale that it shows.

A log of 20 seconds from an integration test cannot wait for the settle time. What is too long in
it is learnt from the connections that did close.
"""

from __future__ import annotations

from collections.abc import Iterator

from logdiag.diagnosis.court import Court
from logdiag.diagnosis.description import describe
from logdiag.diagnosis.judgement import Judgement
from logdiag.diagnosis.moments import Moment, before, earlier
from logdiag.diagnosis.rules import DEFAULT_LINES
from logdiag.diagnosis.view import View
from logdiag.diagnosis.yielding import in_order
from logdiag.model import Finding

SHORT = 2  # a log shorter than this many settle times has a time scale of its own


def is_short(first: int | None, now: Moment, settle: int) -> bool:
    """Whether a log that began at `first` (ns) and has come so far is too short to wait."""
    time, line = now
    if time is None or first is None:
        return line <= SHORT * DEFAULT_LINES
    return time - first < SHORT * settle


def made_firm(
    court: Court, now: Moment, scale: int | None, short: bool
) -> Iterator[tuple[Judgement, View]]:
    """The pending judgements that the end makes firm, one after the other, to be fired.

    `scale`: how long is too long, in ns; None where nothing closed: then only rules that say so
    fire. Where there is only a count and no clock, a climb that began long ago is enough.
    """
    for judgement, group in in_order(court.open.values()):
        rule = judgement.rule
        if judgement.state != "pending" or (scale is None and not rule.fires_at_end):
            continue
        then = earlier(now, scale or 0, 0)
        if before(judgement.last, then):
            then = judgement.last  # what was around it then explains it, as when it ripens
        view = court.view(rule, group, now, then)
        began = next((life.opened_ordinal for life in view.lives()), now[1])
        long = now[0] is None and view.anonymous and now[1] - began > DEFAULT_LINES
        if (short or long) and rule.when.holds(view) and not court.silenced(judgement, view):
            yield judgement, view


def as_if_ended(court: Court, now: Moment, scale: int | None, short: bool) -> list[Finding]:
    """The findings that fire if the input ends here, the youngest connections included.

    Nothing is kept of it: the input may go on.
    """
    kept = [(judgement, judgement.snapshot()) for judgement, _ in court.open.values()]
    for judgement, view in made_firm(court, now, scale, short):
        judgement.fire(now[0])
        describe(judgement, view)
    findings = []
    for judgement, group in court.open.values():
        if judgement.state == "firing":
            view = court.view(judgement.rule, group, now, now)
            if judgement.rule.when.holds(view):
                describe(judgement, view)
            findings.append(judgement.finding())
    for judgement, state in kept:
        judgement.take(state)
    return findings
