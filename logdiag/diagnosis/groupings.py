"""All groups of one service: one set of them for each `by` that a rule has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from logdiag.diagnosis.candidates import Candidates
from logdiag.diagnosis.grouping import Clients, Grouping
from logdiag.diagnosis.groups import Group, Whole, pair_of
from logdiag.diagnosis.lifecycle import LIVE, Life
from logdiag.diagnosis.live import Live
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.rules import Rule
from logdiag.diagnosis.service import Service
from logdiag.diagnosis.tabs import Tabs
from logdiag.diagnosis.windows import Seen, Window
from logdiag.model import Event

FORGET_EVERY: Final = 4_096  # events that are kept between two looks for those that are too old


def in_turn(rules: Iterable[Rule]) -> list[Rule]:
    """Rules that yield to others after them, so that they see what those found."""
    return sorted(rules, key=lambda rule: bool(rule.yields_to))


class Groupings:
    """Which groups a connection or an event belongs to, and which rules look at them.

    `live`: the connections of the service as a whole.
    """

    def __init__(
        self, rules: Sequence[Rule], service: Service, clients: Clients, live: Live
    ) -> None:
        self.rules = rules
        self.clients = clients
        by_fields: dict[tuple[str, ...], list[Rule]] = {}
        for rule in rules:
            by_fields.setdefault(rule.by, []).append(rule)
        self._by = {by: Grouping(by, some) for by, some in by_fields.items()}
        self._by["client",] = clients
        self._whole: Whole | None = None  # where rules look at it, and none at marks
        whole = self._by.get(())
        if whole is not None and not whole.marks:
            self._whole = Whole(whole.rules, live)
            whole.hold(self._whole)
            whole.follows = False
        self.of_service = whole.of_key(()) if whole is not None else None  # where a rule looks
        self._all = list(self._by.values())
        # Where no rule asks for connections, those of the client will do, should a guard.
        self._lent = {by for by, one in self._by.items() if "client" in by and not one.follows}
        self._following = [one for one in self._all if one.follows]
        self._counting: dict[str, list[Grouping]] = {}  # which groups keep an event of a kind
        for by, some in by_fields.items():
            for kind in frozenset().union(*(rule.kinds for rule in some)):
                self._counting.setdefault(kind, []).append(self._by[by])
        self.counted = frozenset(self._counting)  # the kinds of events that some rule counts
        self._service = service
        self._saw = 0

    def opened(self, life: Life) -> list[Group]:
        """A connection is live; gives its groups that some rule may look at."""
        found: list[Group] = []
        if self._whole is not None:
            found.append(self._whole)
        for groups in self._following:
            group = groups.add(life)
            if group is not None:
                found.append(group)
        return found

    def ended(self, life: Life, moment: Moment) -> list[Group]:
        """It is live no more; gives the groups that it leaves, where a rule found something."""
        whole = self._whole
        found: list[Group] = []
        if whole is not None and whole.judgements:
            found.append(whole)
        for groups in self._following:
            group = groups.remove(life, groups.place(life))
            if group is not None and group.judgements:
                group.counted_down(life, moment)
                found.append(group)
        return found

    def lending(self, rule: Rule, group: Group) -> AbstractContextManager[None]:
        """Within, the group of a rule that asks for no connections has those that belong to it."""
        return self._lending(rule, group) if rule.by in self._lent else nullcontext()

    @contextmanager
    def _lending(self, rule: Rule, group: Group) -> Iterator[None]:
        groups = self._by[rule.by]
        place = groups.fields(group.key)
        lives = self.clients.lives(group.key[rule.by.index("client")])
        group.by_number.update((one.number, one) for one in lives if groups.place(one) == place)
        yield
        group.by_number.clear()

    def candidates(self, group: Group, kind: str = "") -> Sequence[Rule]:
        """The group's rules, or those that count events of a kind, that may find something."""
        found = group.kin.candidates.get(kind)
        if found is None:
            rules = [rule for rule in group.rules if not kind or kind in rule.when.kinds]
            found = group.kin.candidates[kind] = Candidates(rules, self._service)
        return found.of(group)

    def saw(self, seen: Seen, key: str | None) -> list[tuple[Group, Sequence[Rule]]]:
        """Keep an event where some rule counts it; gives the groups and the rules to look."""
        self._saw += 1
        if self._saw % FORGET_EVERY == 0:
            self._forget((seen.event.time, seen.ordinal))
        found = []
        for groups in self._counting.get(seen.event.kind, ()):
            group = groups.of_event(seen.event, key)
            group.saw(seen, groups.horizon[0])
            found.append((group, self.candidates(group, seen.event.kind)))
        return found

    def _forget(self, now: Moment) -> None:
        for groups in self._all:
            groups.forget(now)

    def identified(
        self, event: Event, ordinal: int, key: str
    ) -> Iterator[tuple[Group, Sequence[Rule]]]:
        """A later line tells whose the event is that was kept: it moves to its client's groups."""
        for groups in self._counting.get(event.kind, ()):
            if "client" not in groups.by:
                continue
            seen = groups.of_event(event, None).take(event.kind, ordinal)
            if seen is not None:
                group = groups.of_event(event, key)
                group.saw(seen)
                yield group, self.candidates(group, event.kind)

    def of_rule(self, rule: Rule, key: tuple[str | None, ...]) -> Group:
        """The group of that key that the rule judges."""
        return self._by[rule.by].of_key(key)

    def of(self, rule: Rule) -> list[Group]:
        """All groups that the rule judges."""
        return [group for group in self._by[rule.by].unpacked() if rule in group.rules]

    @contextmanager
    def moving(self, life: Life) -> Iterator[None]:
        """What a group goes by changes within: the connection moves along."""
        if life.state not in LIVE:
            yield
            return
        homes = [(groups, groups.place(life)) for groups in self._following]
        yield
        for groups, home in homes:
            if groups.place(life) != home:
                groups.remove(life, home)
                group = groups.add(life)
                if group is not None:
                    group.sort()

    def forget_clients(self, lives: Iterable[Life]) -> None:
        """Nobody can say any more whose connections these are."""
        moved: dict[int, Group] = {}
        for life in lives:
            if life.state not in LIVE:
                continue
            for groups in self._following:
                groups.remove(life, groups.place(life))
            life.known_as(None)
            for groups in self._following:
                group = groups.add(life)
                if group is not None:
                    moved[id(group)] = group
        for group in moved.values():
            group.sort()

    def snapshot(self, now: Moment) -> list[Any]:
        """The recent events and pairs of all groups, as plain JSON types."""
        self._forget(now)
        return [
            [
                by, group.key,
                {kind: window.plain() for kind, window in (group.windows or {}).items()},
                list(group.pairs), group.valley, group.tabs and group.tabs.plain(),
            ]
            for by, groups in self._by.items()
            for group in groups.recent()
        ]  # fmt: skip

    def restore(self, state: list[Any], lives: Iterable[Life]) -> None:
        """Take up where `snapshot` was made, with the lives that were live."""
        for life in sorted(lives, key=lambda life: life.opened_ordinal):
            for groups in self._following:
                groups.add(life)
        for by, key, windows, pairs, valley, tabs in state:
            groups_by = self._by.get(tuple(by))
            if groups_by is None:
                continue  # the rules that looked at it are gone
            group = groups_by.of_key(tuple(key))
            group.windows = {k: Window.restored(rows) for k, rows in windows.items()} or None
            group.pairs = ()
            for pair in pairs:
                group.pair(pair_of(pair))
            group.valley = valley
            group.tabs = tabs and Tabs.restored(tabs)
