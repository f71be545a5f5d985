"""How long a rule waits before it says that something is wrong."""

from __future__ import annotations

from typing import Final

from logdiag.diagnosis.clients import SHARED, known_by
from logdiag.diagnosis.description import client_of
from logdiag.diagnosis.following import LEAST_CLOSES
from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.rules import DEFAULT_LINES, Rule
from logdiag.diagnosis.service import Service
from logdiag.model import SECOND

COMING: Final = 600 * SECOND  # for which people may come, none of whom leaves yet
COMING_LINES: Final = 200
STAYING: Final = 4  # times as long as usual: who stays for long has not left yet as people come


def held(rule: Rule, service: Service) -> int:
    """How long it must hold at least, whoever the client is (ns)."""
    return service.settle if rule.hold is None else rule.hold


def patience(rule: Rule, group: Group, service: Service, *, ended: bool = False) -> tuple[int, int]:
    """How long a condition must hold before it counts: ns, and lines without a clock.

    Where clients cannot be told apart, connections must outlive what is usual here, unless the
    rule itself compares them with enough others; until there are, 2 S: the log may just begin. A
    rule that judges where nobody is known needs no more patience where an address is.
    `ended`: the log is over, and nothing will be known better.
    """
    hold = held(rule, service)
    lines = 20 if hold else 0
    known, compares = known_by(client_of(group)), rule.when.compares
    if known not in SHARED or not (hold or compares):
        return hold, lines
    if compares and group.anonymous:
        return _of_count(group, service, hold, lines, 1 if ended else STAYING)
    told = known != "address" or "client" not in rule.requires
    if compares and (told or service.following.comparable):
        return hold, lines
    usual, usual_lines = service.usual()
    least = 2 * service.settle if compares else service.settle
    return max(hold, least, usual), max(DEFAULT_LINES, usual_lines)


def _of_count(group: Group, service: Service, hold: int, lines: int, times: int) -> tuple[int, int]:
    """The same where only a count is known, which climbs as people come.

    It levels off in health: until a tab was seen that took along what it had left, a climb must
    outlast what is usual so many times, and ten minutes at least while too few closed to say that.
    """
    if group.tabs is not None and group.tabs.seen:
        return hold, lines
    usual, usual_lines = service.usual()
    if service.closes < LEAST_CLOSES:
        usual, usual_lines = max(COMING, usual), max(COMING_LINES, usual_lines)
    else:
        usual, usual_lines = times * usual, times * usual_lines
    return max(hold, usual), max(DEFAULT_LINES, usual_lines)
