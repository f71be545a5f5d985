"""Each finding tells the numbers that its rule judged, and the lines that they come from."""

from __future__ import annotations

import json

import pytest

from logdiag.diagnosis import Detector, accounts
from logdiag.diagnosis.totals import Rise, Totals
from logdiag.model import SECOND, Event, Finding
from tests.diagnosis.builders import FakeService, Log, Told, follow, life, rule, stopped, view

DRIFT = rule("drift >= 2", by=(), hold=0)


def only(log: Log, when: str, **changes: object) -> Finding:
    """The finding of a rule on the service that holds at once."""
    known: dict[str, object] = {"by": (), "hold": 0, "within": 10**15}
    (finding,) = follow(log, [rule(when, **(known | changes))]).findings.values()
    return finding


def kept() -> Log:
    """Of five three close, and the total falls by one; then it goes as it should."""
    log = Log()
    for place in range(5):
        log("opened", place, connection=f"c{place}", total=place + 1, pattern="app:opened")
    log("closed", 10, connection="c0", total=4, pattern="app:closed")
    log("closed", 11, connection="c1", total=4, pattern="app:closed")
    log("closed", 12, connection="c2", total=4, pattern="app:closed")
    log("closed", 13, connection="c3", total=3, pattern="app:closed")
    return log("opened", 14, connection="c5", total=4, pattern="app:opened")


def test_a_total_that_does_not_fall_is_shown_with_the_line_before_it() -> None:
    """The reader sees 4, 4 and 4 over two closes, and both sums."""
    finding = only(kept(), "drift >= 2")
    assert "The server says 4, its lines account for 2" == finding.note
    assert [600, 700, 800] == [proof.offset for proof in finding.evidence]


def test_stops_lose_nothing_of_it() -> None:
    """After each line."""
    detector, told = Detector("app", [DRIFT]), Told()
    for event in kept().events:
        detector.on_event(event)
        detector = stopped(detector, told.take(detector.drain()), [DRIFT])
    (finding,) = told.take(detector.drain(ended=True)).findings.values()
    (whole,) = follow(kept(), [DRIFT]).findings.values()
    assert whole == finding


def test_what_was_made_good_is_no_evidence() -> None:
    """The list lets go of a connection late: that rise is gone, and the one before stays."""
    totals = Totals()
    for kind, own, total, line in (
        ("opened", 1, 1, 1), ("opened", 2, 2, 2), ("opened", 3, 3, 3),
        ("closed", 2, 2, 4), ("closed", 1, 2, 5), ("closed", 0, 2, 6), ("closed", 0, 1, 7),
    ):  # fmt: skip
        event = Log(pattern=f"app:{kind}").skip(line - 1)(kind, line, total=total).events[0]
        totals.compare(event, own, counted=False)
    account = totals.account()
    assert account is not None
    assert (1, 0) == (account.says, account.accounted)
    assert (Rise(1, (1, 400), (1, 500)),) == account.rises
    restored = Totals()
    restored.restore(json.loads(json.dumps(totals.snapshot())))
    assert account == restored.account()


def test_the_latest_that_lived_so_long_tell_where_the_cliff_is() -> None:
    """Within 48 s to 63 s it may be anywhere; here it is at 55 s."""
    service = FakeService()
    least, most = 48 * SECOND, 63 * SECOND
    service.lifetimes.examples(least, most)  # from here on
    for seconds in (49, 55, 55, 55, 10):
        closed = Event("closed", None, 1, 200, 2, "")
        service.lifetimes.add(seconds * SECOND, life(1), closed)
    said = "80% of the 5 that closed lived 48 s to 1 min 3 s, the latest 55 s at the median"
    assert said == accounts.lived(view(service=service), least, most)


def test_both_openings_and_the_delay_of_a_lost_peer_are_told() -> None:
    """Old, new, and the close of the old one; it took 160 s."""
    log = Log()("opened", 0, connection="a", user="u")("opened", 20, connection="b", user="u")
    log("closed", 180, connection="a", reason="ping timeout")("error", 300)
    finding = only(log, "count(half_open) >= 1")
    assert [100, 200, 300] == [proof.offset for proof in finding.evidence]
    assert finding.note.startswith("1 noticed late, after 2 min 40 s; a dead peer should be ")


def test_a_drift_tells_its_days_and_names_what_is_live() -> None:
    """Twenty clients; from day to day two more of each stay; the rest comes and goes."""
    log = Log()
    for hour in range(72):
        log("auth_failure", hour * 3600, user=f"u{hour % 4}")
        log("opened", hour * 3600 + 1, connection=f"c{hour}", user=f"u{hour % 4}")
        log("opened", hour * 3600 + 2, connection=f"v{hour}", user=f"u{hour % 4}")
        log("closed", hour * 3600 + 1800, connection=f"v{hour}")
    log("closed", 72 * 3600, connection="c0")("message", 72 * 3600 + 1)
    finding = only(log, "trend >= 20%")
    assert 71 == finding.connections_total  # of u0 17, of the others 18; none that closed
    said = "Live connections per client, day by day: 3.2 -> 8.9 -> 15; +6.00 a day"
    assert said == finding.note
    shown = {log.events[proof.offset // 100 - 1] for proof in finding.evidence}
    assert {"opened"} == {event.kind for event in shown}
    assert {"c"} == {(event.connection or "")[0] for event in shown}


def test_what_is_not_over_is_named_first() -> None:
    """Of a hundred and two three are left."""
    log = Log()
    for place in range(102):
        log("opened", place, connection=f"c{place}", user="u")
    for place in range(99):
        log("closed", 400, connection=f"c{place}")
    finding = only(log("message", 401), "live >= 3", by=("client",))
    assert (102, (100, 101, 102, 1)) == (finding.connections_total, finding.connections[:4])


def test_the_oldest_is_one_whose_opening_has_a_time() -> None:
    """Of how many are open for so long, too."""
    seen = view([life(1, None), life(2, 10), life(3, 60)])
    said = "2 open for more than 20 s, the oldest for 1 min 30 s"
    assert said == accounts.older(seen, 20 * SECOND)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("lived(48s, 63s) >= 40%", "71% of the 7 that closed lived 48 s to 1 min 3 s"),
        ("older(3 * lifetime(p50)) >= 2", "2 open for more than 2 min 26 s, the oldest for 8 min "
         "20 s; 50% of the 7 that closed lived about 48.6 s at most"),
        ("count(error) >= 9 and variation(error) < 20%", "9 within 40 s, every 5 s, give or take "
         "0%"),
        ("live >= 2 or lived(1s, 2s) >= 40%", ""),
    ],
)  # fmt: skip
def test_each_says_its_numbers(when: str, said: str) -> None:
    """And of an `or` only what holds."""
    log = Log()
    for place in range(7):
        log("opened", place, connection=f"c{place}")
    for place in range(7):
        log("closed", place + (50 if place > 1 else 30), connection=f"c{place}")
    log("opened", 100, connection="x")("opened", 200, connection="y")
    for place in range(9):
        log("error", 560 + 5 * place)
    log("opened", 600, connection="z")
    assert said == only(log, when).note
