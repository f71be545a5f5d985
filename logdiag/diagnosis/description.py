"""What a finding says of a group: whose it is, how sure it is, which connections and lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from logdiag.diagnosis.clients import CAPS, known_by
from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.judgement import MAX_EVIDENCE, Judgement
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.rules import Rule
from logdiag.diagnosis.view import View
from logdiag.diagnosis.windows import Seen
from logdiag.model import Confidence, Evidence, Level

MAX_SUSPECTS: Final = 10_000  # connections followed per finding
_RANKS: Final[dict[str, int]] = {"low": 0, "medium": 1, "high": 2}
_UNTOLD: Final[tuple[object, ...]] = Evidence(0, 0)[2:]  # what the timeline fills in
_new: Final = tuple.__new__  # makes a named tuple in half of its own constructor's time


def describe(judgement: Judgement, view: View) -> None:
    """Bring the judgement's confidence, level, connections and evidence up to the view.

    What was seen once stays: its evidence does, too.
    """
    rule, known = judgement.rule, _known(judgement)
    _assure(judgement, view)
    by_count = view.anonymous and rule.when.marks  # its proof is what lifted the count
    if view.anonymous:  # only their number is known: those that are left stand for it
        judgement.suspects = {one: judgement.suspects[one] for one in sorted(judgement.open)}
    if rule.when.of_now:
        judgement.suspects, judgement.open = {}, set()
        judgement.evidence, judgement.proved = [], set()
    joined = _joined(judgement, view)
    paths: set[str | None] = set()
    if by_count:
        for pair in view.group.pairs:
            _prove(judgement, pair.proof[:2])
            _prove(judgement, pair.opened)
            paths.add(pair.proof.path)
    else:
        for life in joined:
            paths |= {mark.path for mark in (life.marks or {}).values()} or {life.path}
            _prove_opened(judgement, life, marks=bool(rule.when.marks))
    if len(judgement.evidence) < MAX_EVIDENCE:
        _prove_counted(judgement, rule.when.events(view))
    if paths:
        _note_path(judgement, paths)
    _account(judgement, view, grown=known != _known(judgement))


def _known(judgement: Judgement) -> tuple[int, int]:
    return len(judgement.suspects), len(judgement.evidence)


def _assure(judgement: Judgement, view: View) -> None:
    """Say how sure it is: as sure as it ever was, within what its client's key can bear."""
    rule = judgement.rule
    judgement.known_by = known_by(client_of(view.group))
    cap = "high" if rule.when.of_server else CAPS.get(judgement.known_by, "high")
    if judgement.confidence != cap:
        best = _best(rule, view, judgement.confidence)
        judgement.confidence = best if _RANKS[best] < _RANKS[cap] else cap
    judgement.level = _level(rule.level, judgement.confidence)


def _best(rule: Rule, view: View, least: Confidence) -> Confidence:
    """The highest confidence that the view bears out, or the least one."""
    for name, test in rule.confidence:
        if _RANKS[name] <= _RANKS[least]:
            break
        if test.holds(view):
            return name
    return least


def _joined(judgement: Judgement, view: View) -> list[Life]:
    """Note the connections behind it that it did not know yet; gives them."""
    joined = []
    for life in _found(judgement, view):
        number = life.number
        if number not in judgement.suspects and len(judgement.suspects) < MAX_SUSPECTS:
            judgement.suspects[number] = life.opened_at
            judgement.open.add(number)
            joined.append(life)
    return joined


def _found(judgement: Judgement, view: View) -> Iterable[Life]:
    """The connections behind it, at least those that it does not know.

    Who was left behind once is so until its end: more of them are the latest ones.
    """
    asked = judgement.rule.when.suspects
    if asked is not None and asked.suspects is not None and view.client is not None:
        more = asked.run(view) - len(judgement.open)
        if more >= 0:
            return asked.suspects(view, more) if more else ()
    return judgement.rule.when.lives(view)


def _account(judgement: Judgement, view: View, *, grown: bool) -> None:
    """Note the numbers behind it: H or S, how its client's connections end, handshakes' times.

    Of one client among many, words are found when more of it is known: findings like that are many.
    """
    heartbeat, when = view.service.heartbeat, judgement.rule.when
    if grown or not (when.compares and judgement.said):
        judgement.said = when.said(view)
    if judgement.rule.hold is None:
        judgement.heartbeat = heartbeat.patience()
    if not when.compares or view.client is None:
        return
    service, cleaned = view.service, view.group.marked.get("cleanup", {})
    following, then = service.following, (view.now, view.line)
    judgement.numbers = following.numbers(view.client, then)
    if judgement.numbers is not None:
        judgement.visits = ""
    elif grown or not judgement.visits:
        judgement.visits = following.visits_tell(view.client, then)
    most = 2 * len(cleaned) >= len(judgement.suspects)
    judgement.handshakes = service.handshakes.grounds(cleaned.keys()) if most else ""


def named(rule: Rule, group: Group) -> dict[str, str]:
    """The group's fields for a person: without what says how the client is known."""
    return {
        name: value.partition(" ")[2] if name == "client" else value
        for name, value in zip(rule.by, group.key, strict=True)
        if value is not None
    }


def client_of(group: Group) -> str | None:
    """The key of the group's client: its own, or that of its oldest connection."""
    key = group.client
    if key is None:
        life = next(iter(group.lives.values()), None)
        key = None if life is None else life.client_key
    return key


def _note_path(judgement: Judgement, paths: set[str | None]) -> None:
    """If all that came before the openings was about one path, that names the page."""
    known = judgement.group.get("path")
    if len(paths) == 1 and (path := paths.pop()) and known in (None, path):
        judgement.group = {**judgement.group, "path": path}
    elif paths - {known} and "path" not in judgement.rule.by:
        judgement.group = {name: v for name, v in judgement.group.items() if name != "path"}


def _prove_opened(judgement: Judgement, life: Life, *, marks: bool) -> None:
    """The connection's opening, and before it the lines that mark it, if a rule asks for these."""
    for mark in (life.marks or {}).values() if marks else ():
        _prove(judgement, mark[:2])
    opened = life.opened_line
    if opened is not None:
        _prove(judgement, opened)


def _prove_counted(judgement: Judgement, events: Iterable[Seen]) -> None:
    """The lines of events, each after those that make it what it is."""
    for seen in events:
        if seen.first is not None:
            _prove(judgement, seen.first)
        if seen.proof is not None:
            _prove(judgement, seen.proof)
        _prove(judgement, (seen.event.source, seen.event.offset))


def _prove(judgement: Judgement, line: tuple[int, ...]) -> None:
    if line not in judgement.proved and len(judgement.evidence) < MAX_EVIDENCE:
        judgement.proved.add(line)
        judgement.evidence.append(_new(Evidence, line + _UNTOLD))


def _level(level: Level, confidence: Confidence) -> Level:
    """Only what is highly probable is called worse than medium."""
    if confidence == "high" or level in ("informational", "low"):
        return level
    return "medium"
