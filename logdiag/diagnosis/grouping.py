"""All groups of one service under one `by`, and those of its clients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Reversible, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, Final

from logdiag.diagnosis.groups import Group, Key, Kin, marks_asked
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.rules import Rule
from logdiag.model import SECOND, Event

SLACK: Final = 600 * SECOND  # between what happens and the look at it: a tick, at most
SLACK_LINES: Final = 400
LONGEST: Final = 86_400 * SECOND  # the same where a rule waits: longer waits count what is left
LONGEST_LINES: Final = 20_000
FEW: Final = 16  # connections that may stand for their group
MANY: Final = 5_000  # groups at once, after which those are looked for that rest
MAX_IDLE: Final = 50_000  # groups without connections kept per `by`, for their recent events
_Found = Group | Life | tuple[Life, ...] | None  # a group, or its few connections


class Grouping:
    """All groups of one service under one `by`.

    Most groups hold a single connection all their lives, and no rule cares for it: then the
    connection itself stands for its group, at a tenth of the memory and of the time. So do a few of
    them, as a tuple, where nothing else is known of a group, once there are many groups.
    `follows`: whether it keeps connections at all; where no rule asks for them but a guard in its
    `unless`, those of the client will do. `marks`: whether a rule asks what their openings are
    marked with.
    """

    def __init__(self, by: tuple[str, ...], rules: Sequence[Rule]) -> None:
        self.by = by
        self.rules = rules
        conditions = [one for rule in rules for one in rule.conditions]
        judging = [one for rule in rules for one in rule.conditions if one is not rule.unless]
        asking = any(one.of_lives for one in conditions) or any(one.guards for one in judging)
        self.follows = asking or "client" not in by
        self.marks = any(one.marks for one in conditions)
        self._fields_of = _getter(by)
        self._groups: dict[Any, Group | Life | tuple[Life, ...]] = {}  # by what `_fields_of` gives
        self._full = MAX_IDLE  # so many groups make it look for idle ones
        self._made: dict[Any, Group] = {}  # those of them that are more than a few connections
        self._many = MANY  # so many may be there until some are packed
        self._lone = not any(rule.when.of_lone for rule in rules)
        self._kin: dict[tuple[bool, ...], Kin] = {}  # by which fields are known
        self.horizon = _horizon(rules)

    def add(self, life: Life) -> Group | None:
        """A connection is live; gives its group where a rule may look at it."""
        fields = self.place(life)
        return self._put(life, fields, self._groups.get(fields))

    def _put(self, life: Life, fields: Any, found: _Found) -> Group | None:
        if found is None and self._lone:
            self._groups[fields] = life
            return None
        if len(self._made) >= self._many:
            self._pack_all()
            found = self._groups.get(fields)
        group = found if type(found) is Group else self.of_key(self._key(fields))
        if not self._keeps(group):
            return None
        group.add(life)
        alone = self._lone and len(group.by_number) == 1 and not group.windows
        return None if alone else group

    def _keeps(self, group: Group) -> bool:
        """Whether a rule may ask for its connections: some want to know what is not known here."""
        return bool(group.rules)

    def remove(self, life: Life, place: Any) -> Group | None:
        """A connection is live no more; gives the group that it leaves, if it was not alone.

        `place`: what `place` gave when it was added.
        """
        return self._take(life, place, self._groups.get(place))

    def _take(self, life: Life, place: Any, found: _Found) -> Group | None:
        if type(found) is Group:
            found.remove(life)
            return found
        if found is life:
            del self._groups[place]
        elif type(found) is tuple:
            left = tuple([one for one in found if one is not life])
            self._groups[place] = left if len(left) > 1 else left[0]
        return None

    def place(self, life: Life) -> Any:
        """What tells the connection's group from others."""
        return self._fields_of(life)

    def fields(self, key: Key) -> Any:
        """The same of a group's key."""
        return key[0] if len(key) == 1 else key

    def hold(self, group: Group) -> None:
        """Take in a group that was made elsewhere."""
        self._groups[self.fields(group.key)] = self._made[self.fields(group.key)] = group

    def of_event(self, event: Event, client_key: str | None) -> Group:
        """The group that the event belongs to."""
        return self.of_key(
            tuple(client_key if name == "client" else getattr(event, name) for name in self.by)
        )

    def of_key(self, key: Key) -> Group:
        """The group of that key, made if need be."""
        fields = self.fields(key)
        found = self._groups.get(fields)
        if isinstance(found, Group):
            return found
        if len(self._groups) >= self._full:
            self._drop_idle()
        group = self._groups[fields] = self._made[fields] = self._new(key)
        if found is not None and self._keeps(group):
            for life in _lives(found):
                group.add(life)
        return group

    def _key(self, fields: Any) -> Key:
        return (fields,) if len(self.by) == 1 else fields

    def _new(self, key: Key) -> Group:
        known = tuple([value is not None for value in key])
        kin = self._kin.get(known)
        if kin is None:
            rules = [rule for rule in self.rules if rule.concerns(key)]
            named = "client" in self.by and key[self.by.index("client")] is not None
            kin = self._kin[known] = Kin(rules, marks_asked(rules) if named else None)
        return Group(key, kin)

    def all(self) -> Iterable[Group]:
        """Every group that is more than a few connections."""
        return self._made.values()

    def unpacked(self) -> list[Group]:
        """Every group that is more than a lone connection."""
        packed = [place for place, found in self._groups.items() if type(found) is tuple]
        for place in packed:
            self.of_key(self._key(place))
        return [group for group in self._groups.values() if isinstance(group, Group)]

    def _drop_idle(self) -> None:
        """Forget the older half of the groups that have no connection."""
        idle = [group.key for group in self.all() if not (group.by_number or group.judgements)]
        for key in idle[: (len(idle) + 1) // 2]:
            del self._groups[self.fields(key)], self._made[self.fields(key)]
        self._full = max(MAX_IDLE, 2 * len(self._groups))

    def forget(self, moment: Moment) -> None:
        """Drop events that no rule will count again."""
        within, lines = self.horizon
        for group in list(self.recent()):
            group.forget(moment, within, lines)
            self._pack(group)

    def _pack_all(self) -> None:
        for group in list(self.all()):
            self._pack(group)
        self._many = max(MANY, 2 * len(self._made))

    def _pack(self, group: Group) -> None:
        """Where a few connections are all that is left, let them stand for their group again."""
        lives, place = group.by_number, self.fields(group.key)
        busy = group.windows or group.pairs or group.judgements or len(lives) > FEW
        if busy or not self._lone:
            return
        del self._made[place]
        if len(lives) > 1:
            self._groups[place] = tuple(lives.values())
        elif group.youngest is not None:
            self._groups[place] = group.youngest
        else:
            del self._groups[place]

    def recent(self) -> Iterable[Group]:
        """The groups that hold recent events."""
        return (group for group in self.all() if group.windows or group.pairs)


class Clients(Grouping):
    """The groups of the clients, kept whatever the rules ask, and how many each client holds."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__(("client",), rules)
        self.follows = True
        self.count = 0  # clients that hold a connection
        self._holding = [0]  # by a number of connections: how many clients hold so many

    def add(self, life: Life) -> Group | None:
        """A connection is live; gives its client's group where a rule may look at it."""
        key = life.client_key
        found = self._groups.get(key)
        if key is not None:
            newest = _newest(found)
            if newest is not None:
                life.share(newest)
            self._count(_held(found), 1)
        return self._put(life, key, found)

    def remove(self, life: Life, place: Any) -> Group | None:
        """A connection is live no more; gives the group that it leaves, if it was not alone."""
        found = self._groups.get(place)
        if place is not None:
            self._count(_held(found), -1)
        return self._take(life, place, found)

    def place(self, life: Life) -> str | None:
        """Its client."""
        return life.client_key

    def newest(self, key: str | None) -> Life | None:
        """The youngest live connection of that client."""
        return None if key is None else _newest(self._groups.get(key))

    def lives(self, key: str | None) -> Reversible[Life]:
        """The live connections of that client, or of those that nobody knows; oldest first."""
        found = self._groups.get(key)
        if isinstance(found, Group):
            return found.by_number.values()
        return () if found is None else _lives(found)

    def held_by(self, key: str | None) -> int:
        """Live connections of that client."""
        return 0 if key is None else _held(self._groups.get(key))

    @property
    def held(self) -> int:
        """The connections that all clients hold."""
        return sum(held * some for held, some in enumerate(self._holding))

    def usual(self, key: str | None, share: float) -> int | None:
        """So many or fewer are held by that share (0..1) of the other clients; None if none are."""
        own = self.held_by(key)
        others = self.count - (own > 0)
        rank = share * others
        for held, some in enumerate(islice(self._holding, 1, None), 1):
            rank -= some - (held == own)
            if rank <= 1e-9:
                return held if others else None
        return None

    def _keeps(self, group: Group) -> bool:
        return group.key[0] is not None or bool(group.rules)

    def _count(self, before: int, more: int) -> None:
        after, holding = before + more, self._holding
        if after == len(holding):
            holding.append(0)
        if before:
            holding[before] -= 1
        else:
            self.count += 1
        if after:
            holding[after] += 1
        else:
            self.count -= 1


def _newest(found: _Found) -> Life | None:
    if isinstance(found, Group):
        return found.youngest
    return found[-1] if isinstance(found, tuple) else found


def _held(found: _Found) -> int:
    if type(found) is Group:
        return len(found.by_number)
    return len(found) if type(found) is tuple else found is not None


def _lives(found: Life | tuple[Life, ...]) -> tuple[Life, ...]:
    return found if isinstance(found, tuple) else (found,)


def _horizon(rules: Sequence[Rule]) -> tuple[int, int]:
    """How far back the rules count events: ns, and lines.

    A rule that waits looks back from before its wait, which the usual lifetime may prolong.
    """
    counting = [rule for rule in rules if rule.kinds]
    waits = any(rule.hold != 0 for rule in counting)
    return (
        max((rule.within for rule in counting), default=0) + (LONGEST if waits else SLACK),
        max((rule.within_lines for rule in counting), default=0)
        + (LONGEST_LINES if waits else SLACK_LINES),
    )


def _getter(by: tuple[str, ...]) -> Callable[[Life], Any]:
    """What gives those fields of a life: several as a tuple, a single one as it is."""
    names = ["client_key" if name == "client" else name for name in by]
    return attrgetter(*names) if names else lambda life: ()
