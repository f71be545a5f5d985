"""What is judged together: the connections and recent events that share a rule's `by` fields."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Reversible, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.live import Live
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.tabs import Tabs
from logdiag.diagnosis.windows import NEVER_ENDING, Seen, Window
from logdiag.model import Mark

if TYPE_CHECKING:
    from logdiag.diagnosis.candidates import Candidates
    from logdiag.diagnosis.judgement import Judgement
    from logdiag.diagnosis.rules import Rule

BY: Final = ("client", "path", "process", "user")  # what a rule may group by, beside the service
MAX_PAIRS: Final = 2_000  # marked openings kept per group where only the count is known

Key = tuple[str | None, ...]
_NONE: Final[dict[str, Any]] = {}  # stays empty


class Pair(NamedTuple):
    """An opening, whose connection nobody can name, and the line that came just before it."""

    mark: str
    time: int | None
    ordinal: int
    proof: Mark
    opened: tuple[int, int]
    valley: int  # the group's least count since the pair before


class Kin:
    """What groups share whose keys tell the same fields: the rules that concern them."""

    __slots__ = ("asked", "candidates", "place", "rules")

    def __init__(self, rules: Sequence[Rule], asked: frozenset[str] | None = None) -> None:
        self.rules = rules
        self.asked = asked  # marks of openings that are kept; None: all
        by = rules[0].by if rules else ()
        self.place = by.index("client") if "client" in by else -1  # of the client in the key
        self.candidates: dict[str, Candidates] = {}  # by kind of event


def marks_asked(rules: Iterable[Rule]) -> frozenset[str]:
    """The marks of a client's openings that somebody asks for: rules, or what a finding says."""
    return frozenset({"cleanup"}).union(*(one.marks for rule in rules for one in rule.conditions))


class Lives(Protocol):
    """Live connections, as many as `len` says."""

    def __len__(self) -> int: ...

    def values(self) -> Reversible[Life]:
        """All of them, oldest first."""


class Group:
    """The live connections of one group, those that carry a mark, and its recent events."""

    __slots__ = (
        "by_number", "judgements", "key", "kin", "lives", "marked", "pairs", "proofs", "tabs",
        "valley", "windows", "youngest",
    )  # fmt: skip

    def __init__(self, key: Key, kin: Kin) -> None:
        self.key = key
        self.kin = kin
        self.by_number: dict[int, Life] = {}  # oldest first
        self.lives: Lives = self.by_number
        self.youngest: Life | None = None  # the live connection that opened last
        # Made when needed: most groups need none.
        self.marked: dict[str, dict[int, Life]] = _NONE
        self.proofs: dict[str, dict[Mark, int]] = _NONE
        self.windows: dict[str, Window] | None = None  # recent events by kind
        self.pairs: deque[Pair] | tuple[()] = ()
        self.valley = 0  # the least count of live connections since the last pair
        self.judgements: dict[str, Judgement] = _NONE  # by rule id, once a rule held
        self.tabs: Tabs | None = None  # once a count was under suspicion as one fell

    @property
    def rules(self) -> Sequence[Rule]:
        """Those that concern it."""
        return self.kin.rules

    @property
    def anonymous(self) -> bool:
        """Whether nobody can say which of the connections are left: there is only the count."""
        return _anonymous(self.youngest)

    @property
    def client(self) -> str | None:
        """The client that it is about, if it is about one."""
        place = self.kin.place
        return None if place < 0 else self.key[place]

    def add(self, life: Life) -> None:
        """A connection of this group is live."""
        self.by_number[life.number] = self.youngest = life
        if self.tabs is not None:
            self.tabs.opened((life.opened_at, life.opened_ordinal))
        few = life.few
        if few is not None and few.marks is not None:
            self._mark(life, few.marks)

    def _mark(self, life: Life, marks: dict[str, Mark]) -> None:
        if self.marked is _NONE:
            self.marked, self.proofs = {}, {}
        asked = self.kin.asked
        for mark, proof in marks.items():
            if asked is not None and mark not in asked:
                continue
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
                self.valley = len(self.by_number)

    def judged(self, judgement: Judgement) -> None:
        """A rule held."""
        if self.judgements is _NONE:
            self.judgements = {}
        self.judgements[judgement.rule.id] = judgement

    def pair(self, pair: Pair) -> None:
        """A marked opening of a connection that nobody can name."""
        if not self.pairs:
            self.pairs = deque(maxlen=MAX_PAIRS)
        self.pairs.append(pair)

    def sort(self) -> None:
        """Bring connections that moved here into the order of their opening."""
        ordered = sorted(self.by_number.values(), key=lambda life: life.opened_ordinal)
        self.by_number.clear()
        self.by_number.update((life.number, life) for life in ordered)
        self.youngest = youngest(self.by_number)

    def saw(self, seen: Seen, within: int = NEVER_ENDING) -> None:
        """An event that some rule may count; none counts those more than `within` ns older."""
        if self.windows is None:
            self.windows = {}
        window = self.windows.get(seen.event.kind)
        if window is None:
            window = self.windows[seen.event.kind] = Window()
        window.add(seen, within)

    def take(self, kind: str, ordinal: int) -> Seen | None:
        """Take out an event that was seen a moment ago; None if it is not here."""
        window = self.windows.get(kind) if self.windows else None
        return window.take(ordinal) if window else None

    def kept(self, kind: str) -> int:
        """How many recent events of that kind are kept: no window holds more."""
        window = None if self.windows is None else self.windows.get(kind)
        return 0 if window is None else len(window)

    def forget(self, moment: Moment, within: int, lines: int) -> None:
        """Drop the events that no window that ends at the moment or later still holds."""
        for kind, window in list((self.windows or {}).items()):
            window.forget(moment, within, lines)
            if not window and self.windows:
                del self.windows[kind]
        self.windows = self.windows or None

    def remove(self, life: Life) -> None:
        """It is live no more."""
        if life is self.youngest:
            self.by_number.popitem()
            self.youngest = youngest(self.by_number)
        elif self.by_number.pop(life.number, None) is None:
            return
        if len(self.by_number) < self.valley:
            self.valley = len(self.by_number)
        few = life.few
        if few is not None and few.marks is not None:
            self._unmark(life, few.marks)

    def counted_down(self, life: Life, moment: Moment) -> None:
        """A rule holds or held, and that connection is over: see how, if nobody can name it."""
        if not self.pairs or life.client_key is not None or life.identity == "id":
            return
        if life.state != "closed":
            self.tabs = None  # after a restart the page may be another
            return
        if self.tabs is None:
            self.tabs = Tabs()
        self.tabs.closed(moment, len(self.lives))

    def _unmark(self, life: Life, marks: dict[str, Mark]) -> None:
        asked = self.kin.asked
        for mark, proof in marks.items():
            if asked is not None and mark not in asked:
                continue
            self.marked[mark].pop(life.number, None)
            count = self.proofs[mark]
            left = count[proof] - 1
            if left:
                count[proof] = left
            else:
                del count[proof]


class Whole(Group):
    """The service as a whole, whose connections are all that are live: others keep them."""

    __slots__ = ("_live",)

    def __init__(self, rules: Sequence[Rule], live: Live) -> None:
        super().__init__((), Kin(rules))
        self.lives = self._live = live

    @property
    def anonymous(self) -> bool:
        """As of any group."""
        return _anonymous(self._live.youngest)


def _anonymous(last: Life | None) -> bool:
    return last is not None and last.client_key is None and last.origin.identity != "id"


def youngest(lives: dict[int, Life]) -> Life | None:
    """The last one of a dict from which the last is taken by `popitem` only.

    `pop` leaves holes behind, which looking for the last one passes by, one after the other:
    where only the count is known and the youngest end first, each end would cost more.
    """
    if not lives:  # looking at none takes as long as looking at one
        return None
    for life in reversed(lives.values()):  # a loop compiles to C, `next(...)` does not
        return life
    return None


def pair_of(values: Sequence[Any]) -> Pair:
    """The pair that plain JSON values stand for."""
    mark, time, ordinal, proof, opened, valley = values
    return Pair(mark, time, ordinal, Mark(*proof), tuple(opened), valley)
