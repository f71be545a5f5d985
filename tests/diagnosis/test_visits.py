"""Visits in which a client holds several connections, and how these end."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from logdiag.diagnosis import Rule
from logdiag.diagnosis.following import Following
from logdiag.diagnosis.visits import LEAST_CLIENTS, LEAST_VISITS, Visit, Visits
from logdiag.engines.ruletests import findings
from logdiag.formats import Formats
from logdiag.simulation import CASES, FORMATS, Simulation, parts, write
from tests.diagnosis.builders import Log, at, follow, life, rule, with_stops

LEFT = rule("left_behind >= 3 and chance < 100%", "unless: several_tabs or by_design")
MINUTE = 60_000  # ms

# What a client does once it has two connections behind: minute, and o(pened), c(losed),
# l(eft behind and closed).
STORIES = {
    "load by load, then all at once": ("1o 2o 3o 4o 5c 5l 5l 5l 5l 5l", True, False),
    "the network ended one before": ("1o 2o 3o 3c 4o 5o 6c 6l 6l 6l 6l", True, False),
    "one by one": ("1o 2o 3o 4l 5l 6l 7l 8c", False, True),
    "each page closes its own": ("1o 2c 2o 3c 3o 4c 4o 5c 5l 5l", False, False),
    "three loads are no growth": ("1o 2c 2l 2l", False, False),
    "tabs of one minute, and the lid": ("1o 1o 1o 2c 2l 2l 2l 2l", False, False),
    "tabs of the morning, and the lid at night": ("1o 2o 3o 600c 600l 600l 600l", False, False),
}


def told(story: str, paths: Iterator[str] | None = None) -> tuple[Visit, int]:
    """The visit of a story, and its end."""
    visit, now = Visit(0, True), 0
    for word in story.split():
        now = int(word[:-1]) * MINUTE
        if word[-1] == "o":
            visit.opened(next(paths) if paths else "/ws", now)
        else:
            visit.closed(now, behind=word[-1] == "l")
    return visit, now


@pytest.mark.parametrize("name", STORIES)
def test_how_a_visit_ends(name: str) -> None:
    """As a whole, one by one, or in a way that says nothing; the same after a stop."""
    story, whole, singly = STORIES[name]
    visit, end = told(story)
    for one in (visit, Visit.restored(json.loads(json.dumps(visit.plain())))):
        assert (whole, singly) == (one.whole(end), one.singly)


def test_what_each_page_has_on_a_path_of_its_own_is_no_growth() -> None:
    """A socket for chat, one for prices, one for orders: opened once, and kept on purpose."""
    story, *_ = STORIES["load by load, then all at once"]
    visit, end = told(story, iter(["/chat", "/prices", "/orders", "/alerts"]))
    assert not visit.whole(end)


def test_a_visit_that_a_restart_cut_short_tells_nothing() -> None:
    """The server ended it, not the tab."""
    visit, end = told(STORIES["load by load, then all at once"][0])
    visit.void = True
    assert not visit.whole(end)


def test_a_visit_grows_while_nothing_closes() -> None:
    """From the second load on."""
    grows = [told(story)[0].grows for story in ("1o", "1o 2o", "1o 2o 2l", "1o 2o 2l 3l")]
    assert [False, True, True, False] == grows


@pytest.mark.parametrize(
    ("whole", "other", "clients", "known"),
    [
        (LEAST_VISITS, 0, LEAST_CLIENTS, True),
        (LEAST_VISITS - 1, 0, LEAST_CLIENTS, False),
        (LEAST_VISITS, 0, LEAST_CLIENTS - 1, False),
        (18, 2, LEAST_CLIENTS, True),
        (17, 2, LEAST_CLIENTS, False),
    ],
)
def test_nine_in_ten_visits_of_several_clients(
    whole: int, other: int, clients: int, known: bool
) -> None:
    """They end as a whole in this service; it says so after a stop, too."""
    visits, restored = Visits(), Visits()
    for place in range(whole):
        visit, end = told(STORIES["load by load, then all at once"][0])
        visits.ended(f"user {place % clients}", visits.began(visit), 0, end)
    for _ in range(other):
        visit, end = told(STORIES["each page closes its own"][0])
        visits.ended("user x", visits.began(visit), 0, end)
    restored.restore(json.loads(json.dumps(visits.snapshot())))
    assert (known, known) == (visits.end_whole, restored.end_whole)


def test_a_restart_ends_no_visit() -> None:
    """It proves nothing, however often it comes."""
    visits = Visits()
    for place in range(2 * LEAST_VISITS):
        visit, end = told(STORIES["load by load, then all at once"][0])
        visit.void = place % 2 == 0
        visits.ended(f"user {place}", visits.began(visit), 0, end)
        assert visits.end_whole == (place >= 2 * LEAST_VISITS - 1)


def test_the_latest_visits_count() -> None:
    """A page that was mended is so after a while."""
    visits = Visits()
    for name in [*["load by load, then all at once"] * 64, *["one by one"] * 64]:
        visit, end = told(STORIES[name][0])
        visits.ended("user u", visits.began(visit), 100, end)
    assert (False, 4 * 64, 100 * 64) == (visits.end_whole, visits.closes, visits.exposure)


def load_by_load(log: Log, begin: float, user: str, how: str = "closed") -> None:
    """Six loads of somebody, a minute apart, and all is gone at once: closed, or by a restart."""
    for place in range(6):
        log("opened", begin + 60 * place, connection=f"{user}{begin}{place}", user=user)
    if how == "closed":
        for place in range(6):
            log("closed", begin + 360, connection=f"{user}{begin}{place}")
    else:
        log("server_start", begin + 360)


@pytest.mark.parametrize("how", ["closed", "restart"])
def test_where_visits_end_as_a_whole(how: str) -> None:
    """Who leaves four behind leaks, though so do all others; if restarts ended visits, who knows.

    The network ends a connection of each: they are not clients of whom everything stays. And the
    detector is stopped now and then.
    """
    log, users = Log(), ["u0", "u1", "u2", "u3"]
    busy(log, -600, 0)
    for place in range(LEAST_VISITS):
        load_by_load(log, 4000 * place, f"t{place}", how)
    for second in range(50_000, 50_360, 60):
        for user in users:
            log("opened", second, connection=f"{user}{second}", user=user, path="/ws")
            if second == 50_120:
                log("closed", second, connection=f"{user}50000")
    log("error", 50_500)
    told = with_stops(log, [LEFT], every=25, ended=False)
    leaky = [one.group["client"] for one in told.findings.values() if one.state == "firing"]
    assert (users if how == "closed" else []) == leaky


def test_who_closed_each_page_before_leaves_nothing_by_the_tab() -> None:
    """One time with several is not how this client's pages are."""
    following = Following()
    for place in range(20):
        one = life(place, 60 * place, client_key="user u")
        following.opened(one, None, (one.opened_at, 0))
        one.state = "closed"
        following.ended(one, None, (at(60 * place + 50), 0))
    newest = None
    for place in range(20, 30):
        one = life(place, 60 * place, client_key="user u")
        following.opened(one, newest, (one.opened_at, 0))
        newest = one
    client = following.of_client("user u")
    assert client is not None
    assert client.visit is not None
    assert not client.visit.grows


def tab_by_tab(log: Log, begin: float, user: str, kept: float) -> None:
    """Six connections of somebody, a minute apart, each for that many minutes."""
    for place in range(6):
        log("opened", begin + 60 * place, connection=f"{user}{begin}{place}", user=user)
    for place in range(6):
        log("closed", begin + 60 * (place + kept), connection=f"{user}{begin}{place}")


def busy(log: Log, begin: float, end: float) -> None:
    """Somebody comes and goes every minute."""
    for second in range(round(begin), round(end), 60):
        log("opened", second, connection=f"b{second}", user="b")
        log("closed", second + 30, connection=f"b{second}")


@pytest.mark.parametrize("known", [False, True])
def test_people_with_many_tabs_are_compared_with_their_like(known: bool) -> None:
    """Six tabs are a leak beside visits of half a minute, until it is known of such people."""
    log, day = Log(), 24 * 3600
    for place in range(8 if known else 0):
        tab_by_tab(log, 6000 * place, f"t{place}", 60)
    busy(log, day, day + 3600)
    for place in range(6):
        log("opened", day + 3600 + 60 * place, connection=f"u{place}", user="u")
    busy(log, day + 4000, day + 6000)
    findings = follow(log, [LEFT], ended=False).findings.values()
    assert (["u"] if not known else []) == [
        one.group["client"] for one in findings if one.state == "firing"
    ]


def test_people_with_tabs_become_known() -> None:
    """At once, and stay so when they have gone."""
    visits = Visits()
    for place in range(LEAST_VISITS):
        visits.other(f"user {place}")
    assert (True, LEAST_VISITS) == (visits.few_tabs, len(visits.singles))
    visit, end = told(STORIES["one by one"][0])
    visits.began(visit)
    assert not visits.few_tabs
    visits.ended("user t", visit, 100, end)
    assert not visits.few_tabs
    for place in range(LEAST_VISITS):
        visits.other(f"user v{place}")
    assert (True, 2 * LEAST_VISITS) == (visits.few_tabs, len(visits.singles))


def test_a_visit_that_ends_as_a_whole_is_none_of_tabs() -> None:
    """Neither before nor after."""
    visits = Visits()
    for place in range(LEAST_VISITS):
        visits.other(f"user {place}")
    visit, end = told(STORIES["load by load, then all at once"][0])
    visits.ended("user w", visits.began(visit), 0, end)
    assert visits.few_tabs


def test_tabs_of_now_are_known_after_a_stop() -> None:
    """Connections close in a visit that is not over: such people are there."""
    following, tabs = Following(), [life(place, 60 * place) for place in range(6)]
    for tab, newest in zip(tabs, [None, *tabs], strict=False):
        following.opened(tab, newest, (tab.opened_at, 0))
    for place in range(LEAST_VISITS):
        following.visits.other(f"user {place}")
    assert following.visits.few_tabs
    for place in range(3):
        tabs[place].state = "closed"
        following.ended(tabs[place], tabs[-1], (at(600 + 60 * place), 0))
    restored = Following()
    restored.restore(json.loads(json.dumps(following.snapshot())))
    assert (False, False) == (
        following.visits.few_tabs,
        restored.visits.few_tabs,
    )


def stayers(log: Log, begin: float, users: int = 6) -> None:
    """People of one connection each, two visits of 15 minutes of each."""
    for place in range(users):
        for visit in (0, 1200):
            came, name = begin + visit + 10 * place, f"s{place}"
            log("opened", came, connection=f"{name}{came}", user=name)
            log("closed", came + 900, connection=f"{name}{came}")


@pytest.mark.parametrize(
    ("loads", "users", "who", "tabs", "found"),
    [
        (8, 6, {"user": "u"}, 0, True),
        (7, 6, {"user": "u"}, 0, False),  # may be tabs
        (9, 3, {"user": "u"}, 0, False),  # three others may all have such habits
        (9, 6, {"client": "10.0.0.7", "agent": "Firefox"}, 0, False),  # an office, all alike
        (9, 6, {"user": "u"}, 4, False),  # people here do have several tabs
    ],
)
def test_many_loads_where_all_others_stay_with_one_connection(
    loads: int, users: int, who: dict[str, str], tabs: int, found: bool
) -> None:
    """Nothing of it is late by then: what was left behind is no older than what others have."""
    log = Log()
    for place in range(tabs):
        tab_by_tab(log, 3000 * place, f"t{place}", 40)
    stayers(log, 10_000, users)
    stayers(log, 13_000, users)
    log("opened", 15_500, connection="u", **who)("closed", 15_600, connection="u")
    for place in range(loads):
        log("opened", 16_000 + 30 * place, connection=f"u{place}", path="/ws", **who)
    log("error", 16_000 + 30 * loads + 100)
    told = with_stops(log, [LEFT], every=25, ended=False).findings.values()
    firing = [one for one in told if one.state == "firing"]
    assert found == bool(firing)
    if found:
        assert "6 others hold one connection at a time" in firing[0].note


@pytest.mark.parametrize(
    ("staying", "came", "several", "found"),
    [
        (4, 10, 0, True),
        (4, 350, 0, False),  # they came later, so nobody knows theirs
        (4, 10, 3, True),
        (4, 10, 4, False),  # as many have two tabs or more
        (7, 10, 4, True),
    ],
)
def test_many_loads_where_all_others_are_there_all_the_while(
    staying: int, came: int, several: int, found: bool
) -> None:
    """A few people whose visits are never over, and one client of whom more stays each time."""
    rows = [(came + place, f"s{place}", f"s{place}") for place in range(staying)]
    rows += [(20 + place, f"t{place}", f"t{place // 2}") for place in range(2 * several)]
    rows += [(300 + 30 * place, f"u{place}", "u") for place in range(8)]
    log = Log()("opened", 0, connection="x", user="x")("closed", 9, connection="x")
    for second, name, user in sorted(rows):
        log("opened", second, connection=name, user=user)
    log("error", 700)
    told = with_stops(log, [LEFT], every=5, ended=False).findings.values()
    firing = [one for one in told if one.state == "firing"]
    assert (["u"] if found else []) == [one.group["client"] for one in firing]
    if found:
        assert f"{staying + 1} others hold one connection at a time" in firing[0].note


def test_where_every_page_leaks_each_client_is_found(rules: list[Rule], formats: Formats) -> None:
    """Nobody is left to compare with; thirty come and go for 45 minutes."""
    lines = write(Simulation(CASES["D1-everywhere"], seed=11).play(), FORMATS["node-json"])
    found = findings(parts(lines), rules, formats)
    leaky = {one.group["client"] for one in found if one.rule == "remount-duplicate"}
    assert 28 <= len(leaky)
    told = [one.note for one in found if "all at once" in one.note]
    assert len(told) > 28, "it says on what it stands"
