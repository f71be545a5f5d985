"""What the end of the input changes: a short log is judged by the time scale that it shows.

A log of 20 seconds from an integration test cannot wait for the settle time. What is too long in
it is learnt from the connections that did close.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from logdiag.diagnosis.court import Court
from logdiag.diagnosis.description import describe
from logdiag.diagnosis.judgement import Judgement
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import Moment, before, earlier
from logdiag.diagnosis.patience import patience
from logdiag.diagnosis.rules import DEFAULT_LINES
from logdiag.diagnosis.view import View
from logdiag.diagnosis.yielding import Open, in_order
from logdiag.model import Finding

LEAST_HELD: Final = 2  # connections of a client, one of which closes; a lone one leaves nothing
SHORT: Final = 2  # a log shorter than this many settle times has a time scale of its own


def is_short(first: int | None, now: Moment, settle: int) -> bool:
    """Whether a log that began at `first` (ns) and has come so far is too short to wait."""
    time, line = now
    if time is None or first is None:
        return line <= SHORT * DEFAULT_LINES
    return (time - first) // SHORT < settle  # large products take far longer than parts


def convict(court: Court, closing: Life | None, now: Moment, first: int | None) -> None:
    """Judge what gets no older: at a restart all; in a short log a client's, as one of it closes.

    A page that forgets its sockets takes them all along when its tab is closed: a test suite has
    no tab that outlives S, but pages that close what they open tell how long that usually lasts.
    `first`: when the log began, ns.
    """
    service = court.service
    some: Iterable[Open] = court.open.values()
    short = is_short(first, now, service.settle)
    if closing is not None:
        key, clients = closing.client_key, court.groupings.clients
        if not short or clients.held_by(key) < LEAST_HELD or service.scale(key, now) is None:
            return
        group = clients.of_key((key,))
        some = [(one, group) for one in group.judgements.values()]
    for judgement, view in made_firm(court, some, now, short=short):
        court.fire(judgement, view, now, 0)


def made_firm(
    court: Court, some: Iterable[Open], now: Moment, *, short: bool, ended: bool = False
) -> Iterator[tuple[Judgement, View]]:
    """Those of some judgements that are pending and that the end makes firm, to be fired.

    Where nothing closed that tells how long is too long, only rules that say so fire. Where there
    is only a count and no clock, a climb that began long ago is enough. At the end of the log what
    need not hold for any time fires: there is no next look.
    """
    for judgement, group in in_order(some):
        rule, scale = judgement.rule, court.service.scale(group.client, now)
        hold, lines = patience(rule, group, court.service, ended=ended)
        ripe = ended and hold == 0
        if judgement.state != "pending" or (scale is None and not (ripe or rule.fires_at_end)):
            continue
        then = now if ripe else earlier(now, scale or 0, 0)
        if before(judgement.last, then):
            then = judgement.last  # what was around it then explains it, as when it ripens
        view = court.view(rule, group, now, then)
        began = next((life.opened_ordinal for life in view.lives()), now[1])
        long = now[0] is None and view.anonymous and now[1] - began > max(DEFAULT_LINES, lines)
        may = ripe or short or long
        if may and rule.when.holds(view) and not court.silenced(judgement, view):
            yield judgement, view


def as_if_ended(court: Court, now: Moment, first: int | None) -> list[Finding]:
    """The findings that fire if the input ends here, the youngest connections included.

    Nothing is kept of it: the input may go on. `first`: when the log began, ns.
    """
    kept = [(judgement, judgement.snapshot()) for judgement, _ in court.open.values()]
    short = is_short(first, now, court.service.settle)
    for judgement, view in made_firm(court, court.open.values(), now, short=short, ended=True):
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
