from __future__ import annotations

import json
from pathlib import Path

import pytest

from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Own, Settings
from logdiag.model import SECOND
from logdiag.timeline import Reader
from tests.diagnosis.builders import rule
from tests.engines.lines import closed, leak, stamp
from tests.engines.running import FORMATS, Watch, append, dump

USERS = (1, 2, 3)


def line(second: float, name: str, user: int, event: str = "connected", **more: object) -> bytes:
    """What a server tells of a connection."""
    facts = {"time": stamp(second), "connId": name, "userId": f"u{user}", **more}
    return json.dumps({**facts, "msg": f"WebSocket {event}"}).encode() + b"\n"


# Three clients come back, and a minute later the server notices that they were lost.
LOST = b"".join(
    [line(0, f"a{user}", user) for user in USERS]
    + [line(20, f"b{user}", user) for user in USERS]
    + [line(80, f"a{user}", user, "disconnected", reason="ping timeout") for user in USERS]
)


def firing(db: Path) -> set[str]:
    """The services that have a finding which fires."""
    with Reader.open(db) as reader:
        return {one.service for one in reader.findings() if one.finding.state == "firing"}


def told(folder: Path, own: dict[str, Own], log: bytes = LOST) -> set[tuple[str, str]]:
    """Service and rule of each finding, where two services write the same log."""
    for name in ("one", "two"):
        (folder / f"{name}.log").write_bytes(log)
    paths = [f"{name}={folder / name}.log" for name in ("one", "two")]
    ingest(paths, folder / "t.db", Settings(own=own))
    with Reader.open(folder / "t.db") as reader:
        return {
            (found.service, found.finding.rule)
            for found in reader.findings()
            if found.finding.state != "pending"
        }


@pytest.mark.parametrize("own", [Own(heartbeat=30 * SECOND), Own(settle=60 * SECOND)])
def test_each_service_has_its_heartbeat(tmp_path: Path, own: Own) -> None:
    """A minute is in time for the one, and late for the other; half of S will do as H."""
    assert {("one", "half-open-noticed"), ("two", "half-open")} == told(tmp_path, {"two": own})


def test_each_service_has_its_zone(tmp_path: Path) -> None:
    """What names no zone of its own is read as the service's."""
    told(tmp_path, {"two": Own(zone="+01:00")}, b"2026-11-23 10:00:00 " + closed("a")[25:])
    rows = [json.loads(row) for row in dump(tmp_path / "t.db")]
    assert ["2026-11-23T10:00:00Z", "2026-11-23T09:00:00Z"] == [
        row["time"] for row in rows if row["table"] == "events"
    ]


def test_each_service_has_its_number_of_tabs(tmp_path: Path) -> None:
    """What any client of it may have."""
    watch = followed(tmp_path, b"".join(line(0, name, 1) for name in "abc"), Own(per_client=3))
    watch.pipeline.adopt(FORMATS, [rule("live > limit", hold=0)])
    watch.step(1).stop()
    assert ["one"] == list(firing(tmp_path / "t.db"))


def followed(folder: Path, log: bytes, own: Own) -> Watch:
    """A watch of two services that write the same log; `own` is what is set for the second."""
    for name in ("one", "two"):
        append(folder / f"{name}.log", log)
    paths = [f"{name}={folder / name}.log" for name in ("one", "two")]
    return Watch(paths, folder / "t.db", Settings(own={"two": own}))


def test_watch_waits_as_long_as_each_service_says(tmp_path: Path) -> None:
    """What is pending ripens in silence after the service's own S, also after a restart."""
    watch = followed(tmp_path, leak(), Own(settle=20 * SECOND)).step().step(3)
    seen = [firing(tmp_path / "t.db")]
    for silent in (22, 95):
        watch.kill()
        watch.start()
        for _ in range(silent):
            watch.step(1)
        seen.append(firing(tmp_path / "t.db"))
    watch.stop()
    assert [set(), {"two"}, {"one", "two"}] == seen
