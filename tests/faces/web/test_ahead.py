from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from logdiag.faces.web import database
from tests.engines.lines import closed, leak, opened
from tests.engines.running import Watch, append, two_logs
from tests.faces.web.asking import client, told

WAITS = 3  # seconds, after which everything is judged


@pytest.fixture(autouse=True)
def never_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question looks at the database anew."""
    monkeypatch.setattr(database, "FRESH", 0)


def drawn(page: Client, width: int) -> dict[str, Any]:
    """What charts and lanes show, but for the numbers that new connections do not have yet."""
    live = told(page, "/live", service="app", width=width)
    lanes = told(page, "/lanes", service="app", width=width)
    for lane in lanes["lanes"]:
        for bar in lane["bars"]:
            bar.pop("number")
        lane.pop("findings"), lane.pop("suspicion")
    del live["ahead"], live["findings"], live["marked"]
    return {"live": live, "lanes": lanes["connections"],
            "bars": sorted(map(str, lanes["lanes"]))}  # fmt: skip


@pytest.mark.parametrize("width", [10, 1000])  # px; intervals of minutes, and of less
@pytest.mark.parametrize("lines", range(20, 220, 20))
def test_what_waits_is_drawn_as_it_will_be(tmp_path: Path, lines: int, width: int) -> None:
    """The last lines of two logs are in charts and lanes, and stay as they are once judged."""
    logs = tmp_path / "app"
    logs.mkdir()
    for name in ("app.log", "access.log"):
        (logs / name).touch()
    watch = Watch([logs], tmp_path / "timeline.db")
    for name, line in two_logs()[:lines]:
        append(logs / name, line)
    page = client(watch.step(0).db)
    assert any(told(page, "/live", service="app")["ahead"].values())
    before = drawn(page, width)
    watch.step(WAITS).kill()
    assert before == drawn(page, width)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, Watch, Client]]:
    """A log, a watch that has judged four openings of it, and the page."""
    log = tmp_path / "app.log"
    log.write_bytes(leak())
    watch = Watch([log], tmp_path / "timeline.db").step(0).step(WAITS)
    yield log, watch, client(watch.db)
    watch.kill()


def test_what_waits_is_no_report_yet(watched: tuple[Path, Watch, Client]) -> None:
    """Charts say by how much they are ahead of the report, which counts what was judged."""
    log, watch, page = watched
    append(log, opened("new", 10, 5) + closed("c0", 10.5, 4) + closed("new", 11, 3))
    watch.step(0)
    live = told(page, "/live", service="app")
    assert {"live": -1, "opened": 1, "closed": 2, "rejected": 0, "auth_failures": 0} == live[
        "ahead"
    ]
    assert 3 == live["last"][-1]
    (service,) = told(page, "/report")["services"]
    assert (4, 4, 0) == (
        service["live"]["at_end"], service["totals"]["opened"], service["totals"]["closed"]
    )  # fmt: skip


def test_what_waits_is_found_and_cannot_be_opened(watched: tuple[Path, Watch, Client]) -> None:
    """A new connection has a bar that a search finds; it has no number before it is judged."""
    log, watch, page = watched
    append(log, opened("new", 10, 5))
    watch.step(0)
    for query in ({"q": "NEW"}, {"state": "open"}):
        (lane,) = told(page, "/lanes", service="app", **query)["lanes"]
        assert ("new", None) in [(bar["name"], bar["number"]) for bar in lane["bars"]]
    assert [] == told(page, "/lanes", service="app", q="nobody")["lanes"]


def test_what_another_version_left_is_not_drawn(watched: tuple[Path, Watch, Client]) -> None:
    """A state that cannot be taken up hides only what waits."""
    log, watch, page = watched
    append(log, opened("new", 10, 5))
    watch.step(0)
    sql = "UPDATE detector SET state = json_remove(state, '$.detector.connections.names')"
    watch.writer._connection.execute(sql)
    live = told(page, "/live", service="app")
    assert (0, 4) == (live["ahead"]["opened"], live["last"][-1])
