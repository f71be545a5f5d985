"""The healthy explanations, by name: checked before anything is called a leak, and listed.

A rule names in `unless` those that silence it; the others that apply are listed all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Final

from logdiag.diagnosis.clients import SHARED, known_by
from logdiag.diagnosis.following import BY_CHANCE
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.marks import BEFORE, BEFORE_LINES
from logdiag.diagnosis.moments import Moment, passed
from logdiag.diagnosis.service import ELSEWHERE, NOWHERE
from logdiag.diagnosis.view import View
from logdiag.model import Guard

MORE: Final = 2  # times as many as others are several tabs
FLAPPING: Final = 0.5  # of a group's connections, younger than H
_new: Final = tuple.__new__  # makes a named tuple in half of its own constructor's time


class GuardCheck:
    """A named condition and what it means; None where the log does not tell."""

    def __init__(self, name: str, doc: str, check: Callable[[View], bool | None]) -> None:
        self.name = name
        self.doc = doc
        self.check = check

    def outcome(self, view: View) -> str:
        """The answer for a finding: "yes", "no" or "cannot_tell"."""
        found = self.check(view)
        return "cannot_tell" if found is None else "yes" if found else "no"


def _weak_client_key(view: View) -> bool:
    return known_by(_client(view)) in SHARED


def _several_tabs(view: View) -> bool | None:
    following, client = view.service.following, view.client
    if client is None:
        return None
    odds = following.odds(client, (view.now, view.line))
    if following.comparable or odds < BY_CHANCE:
        return odds >= BY_CHANCE
    return following.crowded or _within_limits(view)


def _within_limits(view: View) -> bool:
    """Whether those that outlived what is usual in the service are few, in all and on each path."""
    paths = Counter(life.path for life in view.lives() if _outlived(view, life))
    limits = ((count, view.service.limit_on(path, view.client)) for path, count in paths.items())
    few = all(limit is None or count <= limit for count, limit in limits)
    return few and paths.total() <= view.limit()


def _outlived(view: View, life: Life) -> bool:
    age = life.age(view.now)
    if age is None:
        return view.line - life.opened_ordinal >= view.service.usual()[1]
    return age >= (view.service.following.lasted.usual() or 0)


def _by_design(view: View) -> bool | None:
    """Whether what was left behind is what pages keep open, while they close what they should."""
    service, client, followed = view.service, view.client, view.followed
    if client is None:
        return None
    if followed is None or followed.loads == service.held_by(client):
        return False  # whatever it opens stays
    if service.following.grows(client):
        return False  # here nothing goes before its tab does
    left = set(followed.left_behind(view.place, ""))
    usual, kept, loads = service.usual_on_paths(client), Counter[str](), Counter[str]()
    begun: dict[str, Moment] = {}
    for life in view.lives():
        if life.number not in left:
            continue
        path = life.path or NOWHERE
        path = path if path in usual else ELSEWHERE
        opened = life.opened_at, life.opened_ordinal
        kept[path] += 1
        if path not in begun or passed(begun[path], opened, BEFORE, BEFORE_LINES):
            begun[path] = opened
            loads[path] += 1
    return all(
        loads[path] <= service.tabs or count <= MORE * usual.get(path, 0)
        for path, count in kept.items()
    )


def _flapping(view: View) -> bool | None:
    ages = [life.age(view.now) for life in view.lives()]
    known = [age for age in ages if age is not None]
    if not known:
        return None
    return sum(age < view.service.heartbeat.horizon for age in known) > FLAPPING * len(ages)


def _brute_force(view: View) -> bool | None:
    """Many users from the address of the latest refused request, and none was let in."""
    if view.group.lives:
        return False
    addresses = [seen.event.client for seen in view.events("auth_failure", "rejected")]
    latest = addresses[-1] if addresses else None
    return view.service.many_users(latest) if latest else None


def _client(view: View) -> str | None:
    life = next(iter(view.group.lives.values()), None)
    return life.client_key if life is not None else view.client


_TABLE = (
    GuardCheck(
        "restarted",
        "The server restarted within 120 s (40 lines) of it: a start line that is not the first "
        "word of the log, a new process id, or a total that began again. Nobody can tell where the "
        "log has none of these.",
        lambda view: view.service.restarted(view),
    ),
    GuardCheck(
        "mass_reconnect",
        "30% of the clients lost a connection and came back within 60 s: a herd, not a leak. "
        "Nobody can tell where clients are not known.",
        lambda view: view.service.mass_reconnect(view),
    ),
    GuardCheck(
        "log_gap",
        "Lines went missing within 120 s (40 lines) of it: a file was cut, or the log fell silent "
        "for 30 times its usual interval (at least 60 s), and the total after that does not fit. "
        "Nobody can tell where it fell silent so and no line tells a total.",
        lambda view: view.service.gap(view),
    ),
    GuardCheck(
        "closes_unseen",
        "No line ever told that a connection closed, and none tells a total: a healthy log of "
        "this server looks the same.",
        lambda view: view.service.closes_unseen(),
    ),
    GuardCheck(
        "weak_client_key",
        "Clients are told apart by address only, or not at all: offices and tabs share one.",
        _weak_client_key,
    ),
    GuardCheck(
        "several_tabs",
        "The client's connections end like those of others (`chance` of 0.5% or more): tabs "
        "explain them. While too few of the others closed: no more than `limit` of its own, in all "
        "and by the others on each path, have outlived what is usual in the service (twice the "
        "95th percentile, and more while few closed).",
        _several_tabs,
    ),
    GuardCheck(
        "by_design",
        "What the client left behind is what pages keep open on purpose: on each path that half of "
        "the other clients use, too, no more than twice what these have there at the median, or of "
        "no more than `per_client` loads (what opens within 5 s, 10 lines, is one); on all other "
        "paths together of no more loads than that. And it closed something since it came.",
        _by_design,
    ),
    GuardCheck(
        "flapping",
        "More than half of the connections are younger than H (45 s, or what was set or learnt): "
        "they come and go, and drain.",
        _flapping,
    ),
    GuardCheck(
        "slow_heartbeat",
        "Within 30 minutes (2,000 lines) of it a connection ended by a timeout, H or longer after "
        "its client came back: what is left behind here may be dead, not forgotten.",
        lambda view: view.service.slow_heartbeat(view),
    ),
    GuardCheck(
        "identity_outage",
        "Refused requests spiked within 120 s of it, and half of the clients had one in the same "
        "minute: whoever checks the tokens was away. Nobody can tell before 10 minutes of log, or "
        "where clients are not known.",
        lambda view: view.service.identity_outage(view),
    ),
    GuardCheck(
        "token_expiry",
        "Refused requests spiked within 120 s of it, 30% of the clients had one in the same "
        "minute, and nine in ten of these no more than one beyond the connections that they hold: "
        "their tokens expired at once, and each page got a new one. Nobody can tell before 10 "
        "minutes of log, or where clients are not known.",
        lambda view: view.service.token_expiry(view),
    ),
    GuardCheck(
        "growth",
        "The clients become more over days, and the connections only with them. Nobody can tell "
        "before two days of log.",
        lambda view: view.service.growth(),
    ),
    GuardCheck(
        "brute_force",
        "Five users or more were refused from one address, and none was let in: somebody guesses "
        "passwords.",
        _brute_force,
    ),
)

GUARDS: dict[str, GuardCheck] = {guard.name: guard for guard in _TABLE}


def outcomes(view: View, relevant: Collection[str]) -> tuple[Guard, ...]:
    """What each of them answers, for a finding that some are relevant to."""
    return tuple(
        [_new(Guard, (guard.name, guard.outcome(view), guard.name in relevant)) for guard in _TABLE]
    )
