from __future__ import annotations

import re
from gc import get_referents
from pathlib import Path
from sys import getsizeof
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis import Detector
from logdiag.diagnosis.connections import Connections
from logdiag.diagnosis.lifecycle import LIVE, NEXT, OVER, Life, diagram
from logdiag.diagnosis.origins import MAX_OF_PATTERN, MAX_PATHS, Origins
from logdiag.model import SECOND, Event, State
from tests.diagnosis.builders import ORIGINS, Log, Told, follow, life, stopped

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"
WORDS = ("opening", "opened", "closing", "closed", "rejected")
ROWS = [
    ((), "opening", "connecting"),
    ((), "opened", "open"),
    ((), "closed", "closed"),
    ((), "rejected", "rejected"),
    (("opening",), "opened", "open"),
    (("opening",), "closing", "closing"),
    (("opening",), "closed", "closed"),
    (("opening",), "rejected", "rejected"),
    (("opened",), "closing", "closing"),
    (("opened",), "closed", "closed"),
    (("opened",), "rejected", "rejected"),
    (("opened", "closing"), "closed", "closed"),
    (("opened", "closing"), "rejected", "rejected"),
    (("opening",), "server_start", "superseded"),
    (("opened",), "server_start", "superseded"),
    (("opened", "closing"), "server_start", "superseded"),
]


def _anew(text: str) -> str:
    """Equal text that is another object, as each line brings it."""
    return "".join(list(text))


@pytest.mark.parametrize(("before", "word", "after"), ROWS)
def test_each_row_of_the_table(before: tuple[str, ...], word: str, after: str) -> None:
    """What the log says takes a connection from its state to the next."""
    log = Log()
    for kind in before:
        log(kind, 0, connection="a")
    log(word, 1, connection=None if word == "server_start" else "a")
    assert {"a": after} == follow(log).states()


def test_the_rows_above_are_all_that_a_log_can_tell() -> None:
    """Gaps are no lines; and a 'closing' of nobody we know is not followed."""
    lines = {(state, "restart" if word == "server_start" else word) for state, word, _ in _rows()}
    untold = {pair for pair in NEXT if pair[1] == "gap"}
    assert set(NEXT) == lines | untold


def _rows() -> list[tuple[str | None, str, str]]:
    states = {(): None, ("opening",): "connecting", ("opened",): "open"}
    return [(states.get(before, "closing"), word, after) for before, word, after in ROWS]


def test_states_are_the_models() -> None:
    """Each state of the model can be reached, and the table knows no other."""
    assert set(get_args(State)) == set(NEXT.values())


def test_no_state_is_reached_twice() -> None:
    """No life goes back to where it was: along the table, states only move on."""
    rank = {"connecting": 0, "open": 1, "closing": 2} | dict.fromkeys(OVER, 3)
    assert [] == [
        (before, word) for (before, word), after in NEXT.items()
        if before is not None and rank[after] <= rank[before]
    ]  # fmt: skip


def test_what_is_over_stays_over() -> None:
    """Nothing leads out of an end, and every other state has a way to each end by force."""
    assert [] == [before for before, _ in NEXT if before in OVER]
    for state in ("connecting", "open", "closing"):
        assert ("superseded", "unknown") == (NEXT[state, "restart"], NEXT[state, "gap"])


def test_live_and_over_do_not_overlap() -> None:
    """Only a handshake under way is neither."""
    assert {"connecting"} == set(get_args(State)) - LIVE - OVER
    assert frozenset() == LIVE & OVER


EVENTS = st.lists(
    st.tuples(
        st.sampled_from((*WORDS, "server_start", "server_stop", "error", "message", "cleanup")),
        st.sampled_from(("a", "b", None)),
    ),
    max_size=30,
)


@given(EVENTS)
def test_any_log_leaves_legal_lives(rows: list[tuple[str, str | None]]) -> None:
    """Whatever the order of lines: legal steps only, and the live count is that of lives."""
    log = Log()
    for place, (kind, name) in enumerate(rows):
        log(kind, place * 60, connection=name)
    told = follow(log)
    states: dict[int, str | None] = {}
    legal = {(before, after) for (before, _), after in NEXT.items()}
    for step in told.transitions:
        assert (states.get(step.connection), step.state) in legal
        states[step.connection] = step.state
        assert step.live == sum(state in LIVE for state in states.values())
    assert states == {number: one.state for number, one in told.connections.items()}


@given(EVENTS)
def test_what_opens_is_live_or_over(rows: list[tuple[str, str | None]]) -> None:
    """Opened minus ended is what is live, counted by steps; and every life has one end at most."""
    log = Log()
    for place, (kind, name) in enumerate(rows):
        log(kind, place * 60, connection=name)
    told = follow(log)
    became: dict[int, list[str]] = {}
    for step in told.transitions:
        became.setdefault(step.connection, []).append(step.state)
    lived = [steps for steps in became.values() if LIVE & set(steps)]
    ended = [steps for steps in lived if steps[-1] in OVER]
    assert len(lived) - len(ended) == told.live()
    assert all(sum(state in OVER for state in steps) <= 1 for steps in became.values())


def test_a_life_comes_back_as_it_was() -> None:
    """The frozen form holds all that the detector needs to go on."""
    one = life(7, 3, "twin:4", user="u", path="/ws", port=5, client="10.0.0.7", process="12")
    back = Life.restored(one.connection(), ORIGINS)
    assert one.connection() == back.connection()


def test_what_connections_have_in_common_is_kept_once() -> None:
    """Until a later line tells more of one of them, which says nothing of the other."""
    lives = [life(number, process="12", identity="count") for number in (1, 2)]
    assert lives[0].origin is lives[1].origin
    lives[0].origin = ORIGINS.named(lives[0].origin)
    told = [(one.identity, one.process, one.opened_line) for one in lives]
    assert [("id", "12", (1, 100)), ("count", "12", (1, 200))] == told


@given(
    time=st.none() | st.integers(0, 1 << 62), ordinal=st.integers(0, 1 << 50),
    offset=st.integers(0, 1 << 45),
)  # fmt: skip
def test_when_and_where_it_opened_is_told_to_the_byte(
    time: int | None, ordinal: int, offset: int
) -> None:
    """Whenever that was, and however long its log is; after a restart, too."""
    event = Event("opened", time, 3, offset, 1, "")
    one = Life(1, "c1", ORIGINS.of("id", None, event), event)
    assert (None, None) == (one.opened_at, one.opened_line)
    one.opened_by(event, ordinal)
    for it in (one, Life.restored(one.connection(), ORIGINS)):
        assert (time, ordinal, (3, offset)) == (it.opened_at, it.opened_ordinal, it.opened_line)
        assert (None if time is None else 7) == it.age(None if time is None else time + 7)
    one.moved_to(ordinal + 1)
    assert (time, ordinal + 1, (3, offset)) == (one.opened_at, one.opened_ordinal, one.opened_line)


def test_what_a_connection_is_made_of_takes_little() -> None:
    """Whatever the log's length: twice the bytes each, and a million of them are 60 MB more."""
    for offset, ordinal in ((0, 1), ((1 << 36) + 5, 1 << 29)):
        event = Event("opened", 1_795_392_000 * SECOND, 1, offset, 1, "", user="u")
        one = Life(1, "c1", ORIGINS.of("id", None, event), event, "user u")
        one.opened_by(event, ordinal)
        assert all(getsizeof(number) <= 32 for number in (one.since, one._line))
        assert (None, (1, offset)) == (one.few, one.opened_line)


def test_not_all_origins_are_kept() -> None:
    """What comes and goes, like processes, must not fill the memory: it is only made again."""
    origins, event = Origins(), Event("opened", None, 1, 0, 0, "")
    first = origins.of("id", "0", event)
    again = [origins.of("id", str(number), event) for number in range(MAX_OF_PATTERN + 1)]
    assert first is again[0]
    assert first is not origins.of("id", "0", event)
    assert again[-1] is origins.of("id", str(MAX_OF_PATTERN), event)


def test_a_path_is_kept_once() -> None:
    """Be it told by the opening or later: each line brings its own text, which is not held."""
    connections = Connections("app")
    for line, path in enumerate([_anew("/ws"), _anew("/ws"), None]):
        told = Event("opened", None, 1, line, line, "", connection=f"c{line}", path=path)
        connections.on_event(told, None, line)
    first, second, third = connections.live
    connections.learn(third, Event("message", None, 1, 9, 9, "", path=_anew("/ws")))
    assert ("/ws", "/ws") == (first.path, third.path)
    assert first.path is second.path
    assert first.path is third.path
    back = [
        Life.restored(one.connection()._replace(path=_anew("/ws")), ORIGINS)
        for one in connections.live
    ]
    assert 1 == len({id(one.path) for one in back})


def test_not_all_paths_are_kept() -> None:
    """Those that carry an id must not fill the memory."""
    origins = Origins()
    first = origins.path("/0")
    for number in range(1, MAX_PATHS):
        origins.path(f"/{number}")
    assert first is origins.path(_anew("/0"))
    origins.path("/one/more")
    assert first is not origins.path(_anew("/0"))


def test_an_address_is_kept_once() -> None:
    """A life that is known by its address, or by that of another one, still tells its client."""
    one, other = life(1, client="10.0.0.7"), life(2, client="10.0.0.7")
    one.known_as("address 10.0.0.7")
    assert ("address 10.0.0.7", "10.0.0.7") == (one.client_key, one.client)
    other.known_as("user u")
    assert ("user u", "10.0.0.7") == (other.client_key, other.client)
    one.known_as(None)
    assert (None, "10.0.0.7") == (one.client_key, one.client)
    other.share(one)
    assert (None, "10.0.0.7") == (other.client_key, other.client)
    assert other.client is one.client


def test_a_user_is_kept_once() -> None:
    """In what its client is known by, if that names it; and told whatever becomes of that."""
    event = Event("opened", None, 1, 0, 0, "", user="u")
    one = Life(1, "c1", ORIGINS.of("id", None, event), event, "user u")
    told = [(one.user, one.few)]
    for key in ("user u", "user v", "session u", None, "user u"):
        one.known_as(key)
        told.append((one.user, one.few and one.few.user))
    assert [("u", None), ("u", None), ("u", "u"), ("u", "u"), ("u", "u"), ("u", None)] == told
    assert not one.knows_less_than(event)
    one.absorb(event._replace(user="v"))
    assert ("u", "u") == (one.user, Life.restored(one.connection(), ORIGINS).user)


def test_a_detector_keeps_once_what_a_client_repeats() -> None:
    """Its path, its address, its user within what it is known by; after a restart, too."""
    log = Log()
    for second in range(3):
        own = {"user": "u", "client": "10.0.0.7", "path": "/ws"}
        own = {field: _anew(text) for field, text in own.items()}
        log("opened", second, connection=f"c{second}", **own)
    detector, told = Detector("app", []), Told()
    for event in log.events:
        detector.on_event(event)
    told.take(detector.drain())
    log.events.clear()
    for one in (detector, stopped(detector, told, [])):
        held = [item for life in one._connections.live for item in get_referents(life)]
        texts = {id(item): item for item in held if type(item) is str and item not in LIVE}
        assert ["/ws", "10.0.0.7", "c0", "c1", "c2", "user u"] == sorted(texts.values())


def test_whose_a_connection_was_is_still_told_once_nobody_knows_whose_they_are() -> None:
    """Its user is what its line said, not what its client was known by."""
    log = Log()
    log("opened", 0, connection="a", user="u")
    log("opened", 1, client="10.0.0.7", port=1)
    log("closed", 2)("opened", 3, connection="b", user="v")
    before, _, after = follow(log).connections.values()
    assert (None, "u", "open") == (before.client_key, before.user, before.state)
    assert (None, "v", "open") == (after.client_key, after.user, after.state)


def test_whose_a_connection_is_may_be_told_by_the_end_of_its_handshake() -> None:
    """Until then there is but the address."""
    log = Log()("opening", 0, connection="a", client="10.0.0.7")
    assert "address 10.0.0.7" == follow(log).connections[1].client_key
    log("opened", 1, connection="a", user="u")
    one = follow(log).connections[1]
    assert ("user u", "u", "10.0.0.7") == (one.client_key, one.user, one.client)


def test_the_page_shows_the_table(pytestconfig: pytest.Config) -> None:
    """docs/lifecycle.md holds the diagram; `pytest tests/diagnosis --update-golden` redraws it."""
    drawn = "```mermaid\n" + "\n".join(diagram()) + "\n```"
    text = PAGE.read_text(encoding="utf-8")
    if pytestconfig.getoption("--update-golden"):
        text = re.sub(r"```mermaid\n.*?\n```", lambda _: drawn, text, flags=re.DOTALL)
        PAGE.write_text(text, encoding="utf-8")
    assert [drawn] == re.findall(r"```mermaid\n.*?\n```", text, re.DOTALL)
    assert [] == [state for state in get_args(State) if f"`{state}`" not in text]
