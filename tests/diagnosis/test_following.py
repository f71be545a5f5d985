"""Connections that a newer one of their client followed, and whether these end as others do."""

from __future__ import annotations

import json

import pytest

from logdiag.diagnosis import read_rule
from logdiag.diagnosis.following import FEW_CLIENTS, LEAST_CLOSES, MAX_FOLLOWED, Following
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.replaced import count_surplus, races
from tests.diagnosis.builders import (
    RULE,
    FakeService,
    Log,
    at,
    follow,
    life,
    rule,
    view,
    with_stops,
)

LEFT = "left_behind >= 3 and chance < 0.01%"


def moment(seconds: float) -> Moment:
    """With a line that does not matter."""
    return at(seconds), 0


def visits(following: Following, number: int, lasting: float) -> None:
    """So many connections of as many clients, each for `lasting` seconds, all before 0 s."""
    for place in range(number):
        one = opening(following, 1000 + place, -lasting, f"user v{place}")
        one.state = "closed"
        following.ended(one, None, moment(0))


def opening(following: Following, number: int, seconds: float, key: str, *others: Life) -> Life:
    """A connection opens, while its client has these others, the newest last."""
    one = life(number, seconds, client_key=key)
    following.opened(one, others[-1] if others else None, moment(seconds))
    return one


def left_behind(following: Following, key: str, then: Moment, mark: str = "") -> list[int]:
    """The numbers of the connections that the client had left behind by that moment."""
    client = following.of_client(key)
    return [] if client is None else client.left_behind(following.place(then), mark)


def orphans(following: Following, key: str, then: Moment) -> list[int]:
    """Those of them that never had a message."""
    client = following.of_client(key)
    return [] if client is None else client.orphans(following.place(then))


def loads(following: Following, key: str) -> int:
    """How many the client opened."""
    client = following.of_client(key)
    return 0 if client is None else client.loads


def test_the_newest_is_not_behind() -> None:
    """Three openings leave two behind, each since the next one."""
    following = Following()
    a = opening(following, 1, 0, "user u")
    b = opening(following, 2, 10, "user u", a)
    opening(following, 3, 20, "user u", a, b)
    behind = [left_behind(following, "user u", moment(second)) for second in (9, 10, 20)]
    assert [[], [1], [1, 2]] == behind
    assert (3, 0) == (loads(following, "user u"), loads(following, "user v"))


def test_what_came_before_the_next_opening() -> None:
    """It is the follower's mark that counts, also once the follower is gone, and after a stop."""
    following, restored = Following(), Following()
    a = life(1, 0, "reconnect", client_key="user u")
    b = life(2, 10, "auth_failure", client_key="user u")
    c = life(3, 20, client_key="user u")
    for one, before in ((a, None), (b, a), (c, b)):
        following.opened(one, before, (one.opened_at, 0))
    following.ended(c, b, moment(30))
    restored.restore(json.loads(json.dumps(following.snapshot())))
    for one in (following, restored):
        assert [1] == left_behind(one, "user u", moment(30), "auth_failure")
        assert [] == left_behind(one, "user u", moment(30), "reconnect")
        assert [1, 2] == left_behind(one, "user u", moment(30))


def test_what_ended_is_behind_no_more() -> None:
    """Whether it was the only one that was left behind or one of several."""
    following = Following()
    a = opening(following, 1, 0, "user u")
    b = opening(following, 2, 10, "user u", a)
    following.ended(a, b, moment(20))
    assert [] == left_behind(following, "user u", moment(20))
    c = opening(following, 3, 30, "user u", b)
    d = opening(following, 4, 40, "user u", b, c)
    assert [2, 3] == left_behind(following, "user u", moment(40))
    following.ended(b, d, moment(50))
    assert [3] == left_behind(following, "user u", moment(50))


def test_it_begins_anew_once_none_is_left() -> None:
    """The openings are counted since then."""
    following = Following()
    a = opening(following, 1, 0, "user u")
    b = opening(following, 2, 10, "user u", a)
    following.ended(a, b, moment(20))
    following.ended(b, None, moment(30))
    opening(following, 3, 40, "user u")
    assert (0, []) == (loads(following, "user u"), left_behind(following, "user u", moment(50)))


def test_who_closed_in_time_before() -> None:
    """It counts among the loads; what was left behind, and closed when the tab did, takes back."""
    following, restored = Following(), Following()
    for place in range(5):
        one = opening(following, place, place, "user u")
        following.ended(one, None, moment(place + 0.5))
    a = opening(following, 11, 10, "user u")
    b = opening(following, 12, 20, "user u", a)
    assert 5 + 2 == loads(following, "user u")
    for one, newest in ((a, b), (b, None)):
        one.state = "closed"
        following.ended(one, newest, moment(30))
    restored.restore(json.loads(json.dumps(following.snapshot())))
    c = opening(restored, 13, 40, "user u")
    opening(restored, 14, 50, "user u", c)
    assert (7 - 2) + 2 == loads(restored, "user u")


def test_expected_closes() -> None:
    """Eight visits of 100 s: one close per 100 s of a connection; 300 s left behind expect three.

    By hand: b was followed at 0 s and closed at 100 s, a was followed at -100 s and is open; the
    newest, c, has 100 s without a close, and a and b had 100 s each before they were followed.
    """
    following = Following()
    visits(following, 8, 100)
    a = opening(following, 1, -200, "user u")
    b = opening(following, 2, -100, "user u", a)
    c = opening(following, 3, 0, "user u", a, b)
    b.state = "closed"
    following.ended(b, c, moment(100))
    expected = pytest.approx(8 / 1100 * (200 + 100))
    assert (1, expected, 8, 1_100_000) == following.expected("user u", moment(100))


def test_chance_of_so_few_closes() -> None:
    """By hand: none in 300 s, beside eight in 1,400 s; all of those in the greater part."""
    following = Following()
    visits(following, 8, 100)
    a = opening(following, 1, -300, "user u")
    opening(following, 2, 0, "user u", a)
    # 800 s of the visits, and 300 s of `a` before it was followed; then 300 s of `a` and of `b`
    none = (1 - 300 / (300 + 1_400)) ** 8
    assert none == pytest.approx(following.chance("user u", moment(300)))


def test_of_many_clients_one_is_the_oddest() -> None:
    """What is odd of one client is no wonder among a hundred."""
    following = Following()
    visits(following, 20, 10)
    opening(following, 2, 10, "user u", opening(following, 1, 0, "user u"))
    one = following.chance("user u", moment(100))
    for number in range(99):
        opening(following, 100 + number, 100, f"user w{number}")
    assert min(1.0, 100 * one) == pytest.approx(following.chance("user u", moment(100)))
    assert 100 * one < 1.0


def test_a_few_closes_are_no_rate() -> None:
    """A service of few clients is judged all the same; where many are, closes will come."""
    following = Following()
    visits(following, LEAST_CLOSES - 1, 10)
    for number in range(FEW_CLIENTS):
        opening(following, 10 + number, 0, f"user w{number}")
    opening(following, 2, 1, "user u", opening(following, 1, 0, "user u"))
    assert 0.1 < following.chance("user u", moment(2))
    following.ended(life(10, 0, client_key="user w0"), None, moment(1))
    assert (False, 0.0) == (following.comparable, following.chance("user u", moment(2)))
    visits(following, 1, 10)
    assert (True, True) == (following.comparable, following.chance("user u", moment(2)) > 0.5)


def test_a_client_whose_newest_ended_first_is_one_all_the_same() -> None:
    """What is left is behind what is no more: chance is that of one client, not of none."""
    following = Following()
    visits(following, LEAST_CLOSES, 100)
    a = opening(following, 1, -200, "user u")
    b = opening(following, 2, -100, "user u", a)
    c = opening(following, 3, 0, "user u", a, b)
    c.state = "closed"
    following.ended(c, b, moment(10))
    assert following.chance("user u", moment(60)) > 0.1


def test_the_odds_do_not_wait_for_closes() -> None:
    """Of few closes they prove little; of none nothing."""
    following = Following()
    a = opening(following, 1, 0, "user u")
    opening(following, 2, 1, "user u", a)
    then = moment(60)
    assert (0.0, 1.0) == (following.chance("user u", then), following.odds("user u", then))
    visits(following, 3, 1)
    expected = 59 * 3 / (3 + 1 + 59)
    assert (3 / (3 + expected)) ** 3 == pytest.approx(following.odds("user u", then))


def test_a_client_without_several_is_no_surprise() -> None:
    """Nothing was to be expected of it."""
    following = Following()
    visits(following, LEAST_CLOSES, 10)
    assert 1.0 == following.chance("user u", moment(2))


def test_without_a_clock_lines_are_counted() -> None:
    """A rate per line."""
    following = Following()
    for number in range(8):
        one = life(number, None, opened_ordinal=0)
        following.opened(one, None, (None, 0))
        one.state = "closed"
        following.ended(one, None, (None, 10))
    a, b = life(20, None, opened_ordinal=10), life(21, None, opened_ordinal=20)
    following.opened(a, None, (None, 10))
    following.opened(b, a, (None, 20))
    expected = pytest.approx(8 / (80 + 10 + 20) * 20)
    assert (0, expected, 8, 110) == following.expected("user u", (None, 40))


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be followed any more is taken for the newest."""
    monkeypatch.setattr("logdiag.diagnosis.following.MAX_FOLLOWED", 2)
    following = Following()
    lives: list[Life] = []
    for number in range(5):
        lives.append(opening(following, number, number, "user u", *lives))
    assert [0, 1] == left_behind(following, "user u", moment(9))
    assert MAX_FOLLOWED == 100_000


def test_its_state_survives_a_stop() -> None:
    """After each event, through JSON."""
    following, restored = Following(), Following()
    visits(following, 9, 30)
    lives: list[Life] = []
    for number in range(4):
        lives.append(opening(following, number, 10 * number, "user u", *lives))
    lives[1].state = "closed"
    following.ended(lives[1], lives[-1], moment(60))
    restored.restore(json.loads(json.dumps(following.snapshot())))
    assert following.snapshot() == restored.snapshot()
    assert following.chance("user u", moment(99)) == restored.chance("user u", moment(99))
    assert [0, 2] == left_behind(restored, "user u", moment(99))


def busy(log: Log, seconds: float, number: int = 30, lasting: float = 20) -> Log:
    """Visits of one connection each, one after the other."""
    for place in range(number):
        begin = seconds + place * lasting
        log("opened", begin, connection=f"v{begin}", user=f"v{place}")
        log("closed", begin + lasting - 1, connection=f"v{begin}")
    return log


def test_tabs_that_close_are_none_and_a_leak_is() -> None:
    """Both hold five connections for minutes; those of the tabs end one by one."""
    leaky, tabs = busy(Log(), -700), busy(Log(), -700)
    for place in range(40):
        leaky("opened", 20 * place, connection=f"a{place}", user="u")
        tabs("opened", 20 * place, connection=f"a{place}", user="u")
        if place >= 4:
            tabs("closed", 20 * place + 1, connection=f"a{place - 4}")
    made = rule(LEFT)
    assert ["firing"] == [one.state for one in follow(leaky, [made]).findings.values()]
    assert [] == [
        one.state for one in follow(tabs, [made]).findings.values() if one.state != "pending"
    ]


def test_a_finding_names_what_was_left_behind() -> None:
    """The connection in use is none of them."""
    log = Log()
    for place in range(4):
        log("opened", 20 * place, connection=f"a{place}", user="u")
    (finding,) = follow(log("message", 200), [rule(LEFT + " and live >= 4")]).findings.values()
    assert (1, 2, 3) == finding.connections


def test_a_stop_changes_nothing() -> None:
    """The detector is taken up after every tenth event."""
    log = busy(Log(), -700)
    for place in range(20):
        log("opened", 20 * place, connection=f"a{place}", user="u")
    rules = [rule(LEFT)]
    assert follow(log, rules).findings == with_stops(log, rules, every=10).findings


def test_who_is_left_behind_is_asked_by_client() -> None:
    """A rule that groups otherwise would ask for nobody."""
    text = RULE.format(when="chance < 1%", more="").replace("[service, client]", "[service, path]")
    made, problems = read_rule(text, "rule.yaml")
    assert made is None
    assert ["'chance' asks about a client."] == [one.message for one in problems]


def test_a_finding_tells_its_numbers() -> None:
    """What a reader needs to check the chance; kept when it is resolved.

    By hand, at 411 s, when the first of them closed: eleven were followed, at 20 s, 40 s .. 220 s.
    The others: 30 visits of 19 s, and of u's eleven times 20 s until the next one, and 191 s of
    the newest: 981 s, 30 closes.
    """
    log = busy(Log(), -700)
    for place in range(12):
        log("opened", 20 * place, connection=f"a{place}", user="u")
    log("message", 410)
    for place in range(12):
        log("closed", 411, connection=f"a{place}")
    (finding,) = follow(log, [rule(LEFT)], ended=False).findings.values()
    numbers = (
        "0 closed of those left behind, 97.9 expected: they stayed open for 53 min 21 s in all, "
        "others close after 32.7 s in the mean"
    )
    assert "resolved" == finding.state
    assert f"Closed late after 3 min 31 s. Before that: {numbers}" == finding.note


def test_orphans_never_had_a_message_though_a_sibling_had() -> None:
    """Of four, one spoke and one is the newest; what the first had before nobody knows."""
    following, restored = Following(), Following()
    following.spoke(life(99, 0, client_key="user v"), moment(0))  # this log tells of messages
    a = opening(following, 1, 0, "user u")
    b = opening(following, 2, 10, "user u", a)
    c = opening(following, 3, 20, "user u", a, b)
    d = opening(following, 4, 30, "user u", a, b, c)
    assert [] == orphans(following, "user u", moment(40))
    following.spoke(c, moment(40))
    following.spoke(d, moment(50))
    restored.restore(json.loads(json.dumps(following.snapshot())))
    for one in (following, restored):
        assert [2] == orphans(one, "user u", moment(50))
        assert [] == orphans(one, "user u", moment(19))
        one.ended(b, d, moment(60))
        assert [] == orphans(one, "user u", moment(60))


def test_where_no_messages_are_told_nobody_is_an_orphan() -> None:
    """Silence means nothing there."""
    following = Following()
    a = opening(following, 1, 0, "user u")
    b = opening(following, 2, 10, "user u", a)
    opening(following, 3, 20, "user u", a, b)
    following.spoke(life(99, 0, client_key="user v"), moment(30))
    assert [] == orphans(following, "user u", moment(30))


def test_the_losses_of_each_path_are_its_own() -> None:
    """For a rule that goes by path, too; the client had two, one on each."""
    log = Log()
    for second, path in ((0, "/chat"), (100, "/news")):
        log("opened", second, connection=f"{path}1", user="u", path=path)
        log("closed", second + 60, connection=f"{path}1", user="u", code=1006)
        for place in (2, 3):
            log("opened", second + 60 + place, connection=f"{path}{place}", user="u", path=path)
    log("opened", 400, connection="last", user="u", path="/chat")("message", 600)
    asked = [
        rule("surplus >= 1 and races >= 2", id=" ".join(by), by=by)
        for by in (("client",), ("client", "path"))
    ]
    assert ["client"] == [one.rule for one in follow(log, asked).findings.values()]


@pytest.mark.parametrize(
    ("story", "numbers", "races"),
    [
        ("a a:b a:c c:d c:e e:f e:g", {2, 4, 6}, 3),  # the second that came is the next to be lost
        ("a a:b a:c b:d b:e", {3, 4}, 2),  # the first is
        ("a b c a:d b:e c:f d:g", set(), 0),  # three tabs, and one comes for each that is lost
        ("a a:b a:c a:d a:e", {2, 3, 4}, 1),  # three too many after one loss
    ],
)
def test_what_came_too_much_after_losses(story: str, numbers: set[int], races: int) -> None:
    """Each word opens a connection, and tells the loss after which it comes, if after any."""
    log, second, gone = Log(), 0, set[str]()
    for word in story.split():
        lost, _, name = word.rpartition(":")
        second += 1
        if lost and lost not in gone:
            second += 60
            log("closed", second, connection=lost, user="u", code=1006)
            gone.add(lost)
        log("opened", second + 0.5, connection=name, user="u")
    asked = [rule("surplus >= 2")]
    asked += [rule(f"surplus >= 1 and races >= {least}", id=f"r{least}") for least in (1, 2, 3)]
    found = follow(log("message", second + 200), asked).findings.values()
    named = {one.rule: set(one.connections) for one in found}
    assert numbers == named.pop("too-many", set())
    assert [f"r{least}" for least in range(1, races + 1)] == sorted(named)


@pytest.mark.parametrize(("then", "expected"), [(94, 0), (95, 1), (99, 1)])
def test_what_a_loss_brought_counts_from_its_opening(then: int, expected: int) -> None:
    """The second one that came is the next to be lost: what it came after was its own loss."""
    following = Following()
    second = life(2, 95, "surplus")
    opening(following, 3, 97, "user u", second)
    seen = view([second], service=FakeService(following=following), client="user u", then=then)
    assert (expected, expected) == (count_surplus(seen), races(seen))
