"""What stands around a message: peeled off, and what it says kept."""

from __future__ import annotations

import json

import pytest

from logdiag.formats.envelopes import peel
from logdiag.formats.redact import plain
from logdiag.formats.timestamps import Clock, TimePolicy
from tests.formats.test_timestamps import ns

M = "New WebSocket connection established. Total connections: 3"
T = "2026-11-23T00:06:50.296Z"
DOCKER = json.dumps({"log": f"web-1  | \x1b[32minfo\x1b[39m: {M}\n", "stream": "stdout", "time": T})

LINES = [
    (f"info: {M}", None, None),
    (f"{T} info: {M}", T, None),
    (f"[{T}] [INFO] {M}", T, None),
    (f"2026-11-23 00:06:50,296 INFO: {M}", T, None),
    (f"\x1b[32minfo\x1b[39m:    {M}", None, None),
    (f"#033[32minfo#033[39m: {M}", None, None),
    (f"INFO:     {M}", None, None),
    (f"INFO:app.server:{M}", None, None),
    (f"[0] info: {M}", None, "0"),
    (f"web.1  | {M}", None, "web.1"),
    (f"12:08:21 AM web.1   |  info: {M}", None, "web.1"),
    (f"web-1  | {T} {M}", T, "web-1"),
    (f"0|app  | {T}: {M}", T, "0"),
    (f"<13>Nov 23 00:06:50 vm node[4242]: info: {M}", "2026-11-23T00:06:50Z", "4242"),
    (f"Nov 23 00:06:50 vm node[4242]: info: {M}", "2026-11-23T00:06:50Z", "4242"),
    (f"Nov 23 00:06:50 vm node: {M}", "2026-11-23T00:06:50Z", None),
    (f"2026-11-23T00:06:50.296+00:00 vm node[4242]: info: {M}", T, "4242"),
    (f"<13>1 {T} vm node 4242 - -  info: {M}", T, "4242"),
    (f'<13>1 {T} vm node 4242 ID [a b="]"][c d="\\""] {M}', T, "4242"),
    (f"{T} stdout F info: {M}", T, None),
    (DOCKER, T, "web-1"),
    (f"[Nest] 4242  - 11/23/2026, 12:06:50 AM     LOG {M} +3ms", "2026-11-23T00:06:50Z", "4242"),
    (json.dumps({"level": "info", "message": M, "timestamp": T}), T, None),
    (json.dumps({"level": 30, "time": 1795392410296, "pid": 7, "msg": M}), T, "7"),
    (json.dumps({"event": M, "timestamp": T}), T, None),
    (json.dumps({"MESSAGE": M, "__REALTIME_TIMESTAMP": "1795392410296000", "_PID": "7"}), T, "7"),
    (json.dumps({"MESSAGE": list(f"info: {M}".encode()), "_PID": "7"}), None, "7"),
    (f'info: {M} {{"service":"x","timestamp":"{T}"}}', T, None),
    (f"info: {M} {{ service: 'x' }}", None, None),
    (f'level=info timestamp={T} msg="{M}"', T, None),
    (f"✅ {M}", None, None),
]


@pytest.mark.parametrize(("line", "time", "process"), LINES)
def test_an_envelope_is_peeled_to_its_message(
    line: str, time: str | None, process: str | None
) -> None:
    """The message is left, time and process are kept."""
    found = peel(plain(line), Clock(TimePolicy(year=2026)))
    expected = (M, ns(time) if time else None, process)
    assert expected == (found.text[found.start : found.end], found.time, found.process)


def test_the_surest_time_wins() -> None:
    """An inner time without zone gives way to the container's absolute one."""
    line = json.dumps({"log": f"2026-11-23 01:06:50 info: {M}\n", "time": T})
    assert ns(T) == peel(line, Clock(TimePolicy("Asia/Tokyo"))).time


@pytest.mark.parametrize("line", ["{" * 100_000 + "}", '{"a":' * 50_000 + "1" + "}" * 50_000,
                                  '{"msg": 5}', "{}", "[" * 1000, "<13>1 ", "", " "])  # fmt: skip
def test_hostile_envelopes_are_survived(line: str) -> None:
    """Whatever is no envelope is left alone, however deep it nests."""
    assert peel(line, Clock(TimePolicy())).time is None
