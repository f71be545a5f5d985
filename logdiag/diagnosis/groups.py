"""What is judged together: the connections and recent events that share a rule's `by` fields."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.windows import Seen, Window
from logdiag.model import SECOND, Event, Mark

if TYPE_CHECKING:
    from logdiag.diagnosis.judgement import Judgement
    from logdiag.diagnosis.rules import Rule

BY = ("client", "path", "process", "user")  # what a rule may group by, beside the service
MAX_PAIRS = 2_000  # marked openings kept per group where only the count is known
SLACK = 600 * SECOND  # between what happens and the look at it: a tick, at most
SLACK_LINES = 400
MAX_IDLE = 50_000  # groups without connections kept per `by`, for their recent events

Key = tuple[str | None, ...]


class Pair(NamedTuple):
    """An opening, whose connection nobody can name, and the line that came just before it."""

    mark: str
    time: int | None
    ordinal: int
    proof: Mark
    opened: tuple[int, int]
    valley: int  # the group's least count since the pair before


class Group:
    """The live connections of one group, those that carry a mark, and its recent events."""

    __slots__ = (
        "_youngest", "judgements", "key", "lives", "marked", "pairs", "proofs", "rules", "valley",
        "windows",
    )  # fmt: skip

    def __init__(self, key: Key, rules: Sequence[Rule]) -> None:
        self.key = key
        self.rules = rules  # those that concern it
        self.lives: dict[int, Life] = {}  # oldest first
        self._youngest: Life | None = None
        self.marked: dict[str, dict[int, Life]] = {}
        self.proofs: dict[str, dict[Mark, int]] = {}
        # Made when needed: most groups need none.
        self.windows: dict[str, Window] | None = None  # recent events by kind
        self.pairs: deque[Pair] | tuple[()] = ()
        self.valley = 0  # the least count of live connections since the last pair
        self.judgements: dict[str, Judgement] = {}  # by rule id, once a rule held

    @property
    def anonymous(self) -> bool:
        """Whether nobody can say which of the connections are left: there is only the count."""
        last = self._youngest
        return last is not None and last.identity != "id" and last.client_key is None

    @property
    def client(self) -> str | None:
        """The client that it is about, if it is about one."""
        by = self.rules[0].by if self.rules else ()
        return self.key[by.index("client")] if "client" in by else None

    @property
    def youngest(self) -> Life | None:
        """The live connection that opened last."""
        return self._youngest

    def add(self, life: Life) -> None:
        """A connection of this group is live."""
        self.lives[life.number] = self._youngest = life
        if life.marks is not None:
            self._mark(life, life.marks)

    def _mark(self, life: Life, marks: dict[str, Mark]) -> None:
        for mark, proof in marks.items():
            self.marked.setdefault(mark, {})[life.number] = life
            count = self.proofs.setdefault(mark, {})
            count[proof] = count.get(proof, 0) + 1
            if life.client_key is None and life.identity != "id" and life.opened_line:
                self.pair(
                    Pair(
                        mark, life.opened_at, life.opened_ordinal, proof, life.opened_line,
                        self.valley,
                    )
                )  # fmt: skip
                self.valley = len(self.lives)

    def pair(self, pair: Pair) -> None:
        """A marked opening of a connection that nobody can name."""
        if not self.pairs:
            self.pairs = deque(maxlen=MAX_PAIRS)
        self.pairs.append(pair)

    def sort(self) -> None:
        """Bring connections that moved here into the order of their opening."""
        ordered = sorted(self.lives.values(), key=lambda life: life.opened_ordinal)
        self.lives = {life.number: life for life in ordered}
        self._youngest = youngest(self.lives)

    def saw(self, seen: Seen) -> None:
        """An event that some rule may count."""
        if self.windows is None:
            self.windows = {}
        window = self.windows.get(seen.event.kind)
        if window is None:
            window = self.windows[seen.event.kind] = Window()
        window.add(seen)

    def take(self, kind: str, ordinal: int) -> Seen | None:
        """Take out an event that was seen a moment ago; None if it is not here."""
        window = self.windows.get(kind) if self.windows else None
        return window.take(ordinal) if window else None

    def kept(self, kind: str) -> int:
        """How many recent events of that kind are kept: no window holds more."""
        window = self.windows.get(kind) if self.windows else None
        return len(window) if window else 0

    def forget(self, moment: Moment, within: int, lines: int) -> None:
        """Drop the events that no window that ends at the moment or later still holds."""
        for kind, window in list((self.windows or {}).items()):
            window.forget(moment, within, lines)
            if not window and self.windows:
                del self.windows[kind]
        self.windows = self.windows or None

    def newer_than(self, life: Life) -> Life | None:
        """The youngest live connection of the group, if it opened after this one."""
        last = self._youngest
        return last if last is not None and last.opened_ordinal > life.opened_ordinal else None

    def remove(self, life: Life) -> None:
        """It is live no more."""
        if life is self._youngest:
            self.lives.popitem()
            self._youngest = youngest(self.lives)
        elif self.lives.pop(life.number, None) is None:
            return
        if len(self.lives) < self.valley:
            self.valley = len(self.lives)
        if life.marks is not None:
            self._unmark(life, life.marks)

    def _unmark(self, life: Life, marks: dict[str, Mark]) -> None:
        for mark, proof in marks.items():
            self.marked[mark].pop(life.number, None)
            count = self.proofs[mark]
            count[proof] -= 1
            if not count[proof]:
                del count[proof]


def youngest(lives: dict[int, Life]) -> Life | None:
    """The last one of a dict from which the last is taken by `popitem` only.

    `pop` leaves holes behind, which looking for the last one passes by, one after the other:
    where only the count is known and the youngest end first, each end would cost more.
    """
    return next(reversed(lives.values()), None)


class Groups:
    """All groups of one service under one `by`.

    Most groups hold a single connection all their lives, and no rule cares for it: then the
    connection itself stands for its group, at a tenth of the memory and of the time.
    """

    def __init__(self, by: tuple[str, ...], rules: Sequence[Rule]) -> None:
        self.by = by
        self.rules = rules
        self._fields_of = _getter(by)
        self._groups: dict[Any, Group | Life] = {}  # by what `_fields_of` gives
        self._full = MAX_IDLE  # so many groups make it look for idle ones
        self._lone = all(rule.when.least_lives >= 2 for rule in rules)
        self._rules_of: dict[tuple[bool, ...], list[Rule]] = {}  # by which fields are known
        self._horizon = _horizon(rules)

    def add(self, life: Life) -> Group | None:
        """A connection is live; gives its group where a rule may look at it."""
        fields = self._fields_of(life)
        found = self._groups.get(fields)
        if found is None and self._lone:
            self._groups[fields] = life
            return None
        group = found if type(found) is Group else self.of_key(self._key(fields))
        if not group.rules:
            return None  # all rules want to know what is not known of this connection
        group.add(life)
        return group

    def remove(self, life: Life, fields: Any = None) -> Group | None:
        """A connection is live no more; gives the group that it leaves.

        `fields`: what `place` gave, if that is no longer where it belongs.
        """
        if fields is None:
            fields = self._fields_of(life)
        found = self._groups.get(fields)
        if type(found) is Group:
            found.remove(life)
            return found
        if found is life:
            del self._groups[fields]
        return None

    def newest(self, life: Life) -> Life | None:
        """The youngest live connection of the group that the connection belongs to."""
        found = self._groups.get(self._fields_of(life))
        return found.youngest if isinstance(found, Group) else found

    def place(self, life: Life) -> Any:
        """What tells the connection's group from others."""
        return self._fields_of(life)

    def of_event(self, event: Event, client_key: str | None) -> Group:
        """The group that the event belongs to."""
        return self.of_key(
            tuple(client_key if name == "client" else getattr(event, name) for name in self.by)
        )

    def of_key(self, key: Key) -> Group:
        """The group of that key, made if need be."""
        fields = key[0] if len(key) == 1 else key
        found = self._groups.get(fields)
        if type(found) is Group:
            return found
        if len(self._groups) >= self._full:
            self._drop_idle()
        group = self._groups[fields] = self._made(key)
        if isinstance(found, Life) and group.rules:
            group.add(found)
        return group

    def _key(self, fields: Any) -> Key:
        return (fields,) if len(self.by) == 1 else fields

    def _made(self, key: Key) -> Group:
        known = tuple(value is not None for value in key)
        rules = self._rules_of.get(known)
        if rules is None:
            rules = self._rules_of[known] = [rule for rule in self.rules if rule.concerns(key)]
        return Group(key, rules)

    def all(self) -> Iterator[Group]:
        """Every group that is more than a lone connection."""
        return (group for group in self._groups.values() if type(group) is Group)

    def _drop_idle(self) -> None:
        """Forget the older half of the groups that have no connection."""
        idle = [group.key for group in self.all() if not (group.lives or group.judgements)]
        for key in idle[: (len(idle) + 1) // 2]:
            del self._groups[key[0] if len(key) == 1 else key]
        self._full = max(MAX_IDLE, 2 * len(self._groups))

    def forget(self, moment: Moment) -> None:
        """Drop events that no rule will count again."""
        if self._horizon is not None:
            for group in list(self.recent()):
                group.forget(moment, *self._horizon)

    def recent(self) -> Iterable[Group]:
        """The groups that hold recent events."""
        return (group for group in self.all() if group.windows or group.pairs)


def _horizon(rules: Sequence[Rule]) -> tuple[int, int] | None:
    """How far back the rules count events: ns, and lines. None: nobody knows.

    A rule that waits looks back from before its wait, which the usual lifetime may prolong.
    """
    counting = [rule for rule in rules if rule.kinds]
    if any(rule.hold != 0 for rule in counting):
        return None
    return (
        max((rule.within for rule in counting), default=0) + SLACK,
        max((rule.within_lines for rule in counting), default=0) + SLACK_LINES,
    )


def _getter(by: tuple[str, ...]) -> Callable[[Life], Any]:
    """What gives those fields of a life: several as a tuple, a single one as it is."""
    names = ["client_key" if name == "client" else name for name in by]
    return attrgetter(*names) if names else lambda life: ()


def pair_of(values: Sequence[Any]) -> Pair:
    """The pair that plain JSON values stand for."""
    mark, time, ordinal, proof, opened, valley = values
    return Pair(mark, time, ordinal, Mark(*proof), tuple(opened), valley)
