"""What is judged together: the connections and recent events that share a rule's `by` fields."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from logdiag.diagnosis.lifecycle import Life
from logdiag.model import Event, Mark

if TYPE_CHECKING:
    from logdiag.diagnosis.judgement import Judgement
    from logdiag.diagnosis.rules import Rule

BY = ("client", "path", "process", "user")  # what a rule may group by, beside the service
MAX_WINDOW = 2_000  # recent events kept per group: a rule counts to tens, a storm has thousands
MAX_IDLE = 50_000  # groups without connections kept per `by`, for their recent events

Key = tuple[str | None, ...]


class Seen(NamedTuple):
    """An event in a window, with its place in the log."""

    ordinal: int
    event: Event


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
        "judgements", "key", "lives", "marked", "pairs", "proofs", "rules", "valley",
        "window",
    )  # fmt: skip

    def __init__(self, key: Key, rules: Sequence[Rule]) -> None:
        self.key = key
        self.rules = [rule for rule in rules if rule.concerns(key)]
        self.lives: dict[int, Life] = {}
        self.marked: dict[str, dict[int, Life]] = {}
        self.proofs: dict[str, Counter[Mark]] = {}
        self.window: deque[Seen] = deque(maxlen=MAX_WINDOW)
        self.pairs: deque[Pair] = deque(maxlen=MAX_WINDOW)
        self.valley = 0  # the least count of live connections since the last pair
        self.judgements: dict[str, Judgement] = {}  # by rule id, once a rule held

    @property
    def anonymous(self) -> bool:
        """Whether nobody can say which of the connections are left: there is only the count."""
        for last in reversed(self.lives.values()):
            return last.client_key is None and last.identity != "id"
        return False

    def add(self, life: Life) -> None:
        """A connection of this group is live."""
        self.lives[life.number] = life
        if life.marks is None:
            return
        for mark, proof in life.marks.items():
            self.marked.setdefault(mark, {})[life.number] = life
            if mark not in self.proofs:
                self.proofs[mark] = Counter()
            self.proofs[mark][proof] += 1
            if life.client_key is None and life.identity != "id" and life.opened_line:
                self.pairs.append(
                    Pair(
                        mark, life.opened_at, life.opened_ordinal, proof, life.opened_line,
                        self.valley,
                    )
                )  # fmt: skip
                self.valley = len(self.lives)

    def sort(self) -> None:
        """Bring connections that moved here into the order of their opening."""
        ordered = sorted(self.lives.values(), key=lambda life: life.opened_ordinal)
        self.lives = {life.number: life for life in ordered}

    def saw(self, ordinal: int, event: Event) -> None:
        """An event that some rule may count."""
        self.window.append(Seen(ordinal, event))

    def remove(self, life: Life) -> None:
        """It is live no more."""
        if self.lives.pop(life.number, None) is None:
            return
        self.valley = min(self.valley, len(self.lives))
        if life.marks is None:
            return
        for mark, proof in life.marks.items():
            self.marked[mark].pop(life.number, None)
            count = self.proofs[mark]
            count[proof] -= 1
            if not count[proof]:
                del count[proof]


class Groups:
    """All groups of one service under one `by`."""

    def __init__(self, by: tuple[str, ...], rules: Sequence[Rule]) -> None:
        self.by = by
        self.rules = rules
        self._key_of = _key_maker(by)
        self._groups: dict[Key, Group] = {}

    def of_life(self, life: Life) -> Group:
        """The group that the connection belongs to."""
        return self.of_key(self._key_of(life))

    def of_event(self, event: Event, client_key: str | None) -> Group:
        """The group that the event belongs to."""
        return self.of_key(
            tuple(client_key if name == "client" else getattr(event, name) for name in self.by)
        )

    def of_key(self, key: Key) -> Group:
        """The group of that key, made if need be."""
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= MAX_IDLE:
                self._drop_idle()
            group = self._groups[key] = Group(key, self.rules)
        return group

    def _drop_idle(self) -> None:
        """Forget the older half of the groups that have no connection."""
        idle = [key for key, group in self._groups.items() if not (group.lives or group.judgements)]
        for key in idle[: (len(idle) + 1) // 2]:
            del self._groups[key]

    def windows(self) -> Iterable[Group]:
        """The groups that hold recent events."""
        return (group for group in self._groups.values() if group.window or group.pairs)


def _key_maker(by: tuple[str, ...]) -> Callable[[Life], Key]:
    names = ["client_key" if name == "client" else name for name in by]
    if len(names) > 1:
        several: Callable[[Life], Key] = attrgetter(*names)
        return several
    if not names:
        return lambda life: ()
    one = attrgetter(names[0])
    return lambda life: (one(life),)


def pair_of(values: Sequence[Any]) -> Pair:
    """The pair that plain JSON values stand for."""
    mark, time, ordinal, proof, opened, valley = values
    return Pair(mark, time, ordinal, Mark(*proof), tuple(opened), valley)
