"""The rules at work on one service: which groups to look at, when, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from logdiag.diagnosis.description import describe, named
from logdiag.diagnosis.groupings import Groupings
from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.guards import outcomes
from logdiag.diagnosis.handover import Handover, described, hand_over
from logdiag.diagnosis.judgement import Judgement
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import Moment, before, earlier, far
from logdiag.diagnosis.patience import held, patience
from logdiag.diagnosis.rules import DEFAULT_LINES, Rule
from logdiag.diagnosis.service import Service
from logdiag.diagnosis.view import View
from logdiag.diagnosis.windows import Seen, Told
from logdiag.diagnosis.withholding import relevant, why_not
from logdiag.diagnosis.yielding import explained, explains, in_order
from logdiag.model import Event, Finding

MAX_JUDGEMENTS: Final = 10_000  # findings remembered per service; the oldest resolved ones go first


class Court:
    """Judges the groups of one service by all rules."""

    def __init__(self, service: Service, name: str, groupings: Groupings) -> None:
        self.service = service
        self.name = name
        self.groupings = groupings
        self.open: dict[str, tuple[Judgement, Group]] = {}  # pending or firing, by fingerprint
        self.done: dict[str, tuple[Judgement, Group]] = {}  # resolved
        self.dirty: dict[str, Judgement] = {}
        self.over: list[Finding] = []  # episodes that another one followed before they were told
        self.dropped: set[str] = set()
        self.taken = Handover()

    # What happens

    def opened(self, life: Life, moment: Moment) -> None:
        """A connection is live."""
        newest = self.groupings.clients.newest(life.client_key)
        self.service.following.opened(life, newest, moment)
        for group in self.groupings.opened(life):
            if rules := self.groupings.candidates(group):
                self._look(group, rules, moment)

    def ended(self, life: Life, moment: Moment) -> None:
        """It is live no more."""
        for group in self.groupings.ended(life, moment):
            self._left(group, life, moment)
        newest = self.groupings.clients.newest(life.client_key)
        self.service.following.ended(life, newest, moment)

    def unseen(self, moment: Moment) -> None:
        """A connection closed that nobody saw open: only the service as a whole knows of it."""
        group = self.groupings.of_service
        if group is not None and (rules := self.groupings.candidates(group)):
            self._look(group, rules, moment)

    def happened(self, seen: Seen, key: str | None, moment: Moment) -> None:
        """An event that some rule may count."""
        for group, rules in self.groupings.saw(seen, key):
            if rules:
                self._look(group, rules, moment)

    def told(self, found: list[Told], moment: Moment, nobody: bool) -> None:
        """Events that come out only now, each of a client; `nobody` knows of which."""
        for key, seen in found:
            self.happened(seen, None if nobody else key, moment)

    def identified(self, event: Event, ordinal: int, key: str, moment: Moment) -> None:
        """A later line told whose an event is."""
        for group, rules in self.groupings.identified(event, ordinal, key):
            self._look(group, rules, moment)

    def tick(self, moment: Moment) -> None:
        """Time passed: what was pending may be ripe, what was firing may be over."""
        due = [one for one in self.open.values() if not one[0].rests(moment)]
        for judgement, group in in_order(due) if due else ():
            if judgement.state == "pending":
                self._ripen(judgement, group, moment)
            elif judgement.state == "firing":
                self._review(judgement, group, moment)
                judgement.rest(moment, self.service.settle)

    # Pending

    def _look(self, group: Group, rules: Sequence[Rule], moment: Moment) -> None:
        views: list[View] = []  # one for each window
        for rule in rules:
            judgement = group.judgements.get(rule.id)
            if judgement is not None and judgement.state == "firing":
                continue  # reviewed at each tick
            if not rule.when.possible.of(group, self.service):
                continue
            for view in views:
                if view.within == rule.within and view.within_lines == rule.within_lines:
                    break
            else:
                views.append(view := self.view(rule, group, moment, moment))
            if not rule.when.holds(view):
                continue
            if judgement is None:
                judgement = Judgement(self.name, rule, group.key)
                group.judged(judgement)
            if judgement.state != "pending":
                if judgement.fingerprint in self.dirty and judgement.state == "resolved":
                    self.over.append(judgement.finding())
                judgement.begin(moment)
                judgement.group = named(rule, group)
                self.open[judgement.fingerprint] = (judgement, group)
                self.done.pop(judgement.fingerprint, None)
            judgement.last = moment
            self._touch(judgement)

    def _ripen(self, judgement: Judgement, group: Group, moment: Moment) -> None:
        """Fire what held long enough; drop what no longer can."""
        now, since = moment[0], judgement.first[0]
        least = held(judgement.rule, self.service)
        if now is not None and since is not None and now - since < least:
            return
        hold, lines = patience(judgement.rule, group, self.service)
        then = earlier(moment, hold, lines)
        if before(then, judgement.first):
            return
        judgement.rest(moment, self.service.settle)
        over = not before(then, judgement.last)
        view = self.view(judgement.rule, group, moment, judgement.last if over else then)
        if judgement.rule.when.holds(view):
            if not self.silenced(judgement, view):
                self.fire(judgement, view, moment, hold)
        elif over:
            self._drop(judgement, group)

    def silenced(self, judgement: Judgement, view: View) -> bool:
        """Whether a healthy explanation, or a better finding, holds it back; else notes guards."""
        rule = judgement.rule
        with self.groupings.lending(rule, view.group):
            healthy = rule.unless is not None and rule.unless.holds(view)
            if healthy or explained(judgement, view, self.open.values()):
                return True
            judgement.guards = outcomes(view, relevant(rule))
            return False

    # Firing

    def fire(self, judgement: Judgement, view: View, moment: Moment, hold: int) -> None:
        """Its condition held for `hold` ns, as the view shows."""
        first = judgement.first[0]
        at = moment[0] if first is None or moment[0] is None else min(moment[0], first + hold)
        judgement.fire(at)
        judgement.rest(moment, self.service.settle)
        describe(judgement, view)
        self._touch(judgement)
        for other, _ in list(self.open.values()):
            if other.state == "firing" and explains(judgement, other):
                self._resolve(other, moment, f"explained by {judgement.rule.id}")
                self._touch(other)

    def _left(self, group: Group, life: Life, moment: Moment) -> None:
        """A connection of the group is over: the finding may be, too."""
        for judgement in list(group.judgements.values()):
            if judgement.state != "firing" or life.number not in judgement.open:
                continue
            judgement.open.discard(life.number)
            if judgement.rule.leak:
                self.service.closes_late(life)
            if group.client is not None and judgement.rests(moment):
                self._add(judgement, group, moment)  # a tab takes along what joined it since
            judgement.wake()  # it may hold no more
            if life.state == "closed" and not judgement.open:
                self._resolve(judgement, moment, judgement.closed_late(life.number, moment[0]))
            self._touch(judgement)

    def _add(self, judgement: Judgement, group: Group, moment: Moment) -> bool:
        """Add what has ripened since it was looked at, if it holds."""
        hold, lines = patience(judgement.rule, group, self.service)
        view = self.view(judgement.rule, group, moment, earlier(moment, hold, lines))
        if holds := judgement.rule.when.holds(view):
            describe(judgement, view)
        return holds

    def _review(self, judgement: Judgement, group: Group, moment: Moment) -> None:
        """Bring it up to date; resolve what has not held for `keep_firing_for`."""
        known = len(judgement.suspects), judgement.confidence
        if self._add(judgement, group, moment):
            judgement.ended_at = None
            if known == (len(judgement.suspects), judgement.confidence):
                return
        elif 2 * len(judgement.open) > len(judgement.suspects):
            return  # whatever the threshold, most of them are still there
        elif judgement.ended_at is None:
            judgement.ended_at = moment
        elif far(judgement.ended_at, moment, judgement.rule.keep, 4 * DEFAULT_LINES):
            gone = judgement.suspects and not judgement.open
            ended = "ended by a restart or a gap" if gone else "no longer seen"
            self._resolve(judgement, moment, ended)
        self._touch(judgement)

    def _resolve(self, judgement: Judgement, moment: Moment, note: str) -> None:
        judgement.resolve(moment[0], note)
        self.done[judgement.fingerprint] = self.open.pop(judgement.fingerprint)
        if len(self.done) > MAX_JUDGEMENTS:
            oldest, group = self.done.pop(next(iter(self.done)))
            del group.judgements[oldest.rule.id]

    def _drop(self, judgement: Judgement, group: Group) -> None:
        judgement.withdraw()
        fingerprint = judgement.fingerprint
        self.open.pop(fingerprint, None)
        self.dirty.pop(fingerprint, None)
        if judgement.state == "resolved":
            self.done[fingerprint] = (judgement, group)
            self._touch(judgement)  # the end of the input may have told it as firing again
        else:
            del group.judgements[judgement.rule.id]
            self.dropped.add(fingerprint)

    # Out

    def doubt(self) -> None:
        """Tell all suspicions again: they may have come to nothing since they were told."""
        for judgement, _ in self.open.values():
            if judgement.state == "pending":
                self._touch(judgement)

    def tell(self) -> Iterator[Finding]:
        """The findings that changed since the last call, earlier episodes first."""
        yield from self.over
        self.over = []
        for judgement in self.dirty.values():
            if judgement.state != "pending":
                yield judgement.finding()
            elif finding := self.suspicion(judgement):
                yield finding
            else:
                self.dropped.add(judgement.fingerprint)
        self.dirty = {}

    def suspicion(self, judgement: Judgement) -> Finding | None:
        """What is pending, as far as it is known; None once it can come to nothing."""
        if judgement.previous:
            return judgement.previous
        group = self.open[judgement.fingerprint][1]
        view = self.view(judgement.rule, group, judgement.last, judgement.last)
        if not judgement.rule.when.holds(view):
            return None
        state = judgement.snapshot()
        describe(judgement, view)
        with self.groupings.lending(judgement.rule, group):
            judgement.guards = outcomes(view, relevant(judgement.rule))
            judgement.note = why_not(judgement, view, self.open.values())
        finding = judgement.finding()
        judgement.take(state)
        return finding

    def find(self, fingerprint: str) -> Judgement | None:
        """The judgement of that fingerprint, open or resolved."""
        judgement, _ = self.open.get(fingerprint) or self.done.get(fingerprint) or (None, None)
        return judgement

    def catch_up(self, moment: Moment) -> None:
        """Rules that are new, or judge otherwise than before, look at what is live already."""
        for rule in self.taken.newcomers:
            for group in self.groupings.of(rule):
                self._look(group, [rule], moment)

    def view(self, rule: Rule, group: Group, now: Moment, then: Moment) -> View:
        """The group as the rule sees it now, judged at the moment `then`."""
        return View(
            self.service, group, now[0], then, rule.within, rule.within_lines, is_now=then == now
        )

    def _touch(self, judgement: Judgement) -> None:
        self.dirty[judgement.fingerprint] = judgement
        self.dropped.discard(judgement.fingerprint)

    def snapshot(self, now: Moment) -> dict[str, Any]:
        """What `restore` needs from now on beside the lives, as plain JSON types."""
        return {
            "judgements": [it.snapshot() for it, _ in (*self.open.values(), *self.done.values())],
            "windows": self.groupings.snapshot(now),
            "rules": described(self.groupings.rules),
        }

    def restore(self, state: dict[str, Any], lives: Iterable[Life]) -> None:
        """Take up where `snapshot` was made, be it with other rules: see `catch_up`."""
        self.groupings.restore(state["windows"], lives)
        self.taken = hand_over(self.name, state["judgements"], state["rules"], self.groupings.rules)
        self.dropped.update(self.taken.dropped)
        for judgement in self.taken.kept:
            group = self.groupings.of_rule(judgement.rule, judgement.key)
            group.judged(judgement)
            held = self.done if judgement.state == "resolved" else self.open
            held[judgement.fingerprint] = (judgement, group)
