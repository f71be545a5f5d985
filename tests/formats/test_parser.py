"""Blocks become events: whatever the cuts, whatever the bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag import resources
from logdiag.formats import Formats, Parser, TimePolicy, load
from logdiag.model import SECOND, Block, Event, Position, Source

FORMATS = load([resources.formats_dir()], verified=[resources.formats_dir()])
POLICY = TimePolicy(year=2026)
SOURCE = Source(7, "app", "app.log")

LINES = [
    b"2026-11-23T00:06:50.296Z info: New WebSocket connection established. Total connections: 1",
    b"info: WebSocket connection a1 closed (code 1005). Total: 0",
    b"2026-11-23T00:06:51.000Z debug: nothing to see",
    b"Dec 31 23:59:59 vm node[42]: info: Client connected (total: 5)",
    b"Jan  1 00:00:01 vm node[42]: info: Client disconnected (total: 4)",
    b"\x1b[0mGET /api/x \x1b[33m401\x1b[0m 1.484 ms - 24\x1b[0m",
    b'{"msg":"WebSocket connected","connectionId":"c\\u0000\\u001b[1m","time":1795392410296}',
    b'10.0.0.7 - - [23/Nov/2026:00:09:53 +0000] "GET /ws?token=x HTTP/1.1" 101 7 "-" "a"\r',
    b"took 401 ms",
    b"2026-02-30T00:00:00Z info: a user connected",
    b"",
    b"\xff\xfe\x00 onnected",
]


def parse(
    data: bytes,
    cuts: Sequence[int] = (),
    formats: Formats = FORMATS,
    through_state: bool = False,
) -> tuple[list[Event], dict[str, object]]:
    """The events and the final state of bytes that arrive in pieces; each cut is a line end."""
    parser = Parser(formats, POLICY)
    events: list[Event] = []
    start = 0
    for end in (*sorted(cuts), len(data)):
        block = Block(SOURCE, start, data[start:end], Position(offset=end))
        events += parser.parse(block)
        start = end
        if through_state:
            parser = Parser(formats, POLICY, json.loads(json.dumps(parser.state())))
    return events, parser.state()


@given(st.lists(st.sampled_from(LINES), max_size=30), st.data())
def test_cuts_change_nothing(lines: list[bytes], data: st.DataObject) -> None:
    """However the bytes are cut at line ends, and stopped and resumed, the outcome is the same."""
    text = b"".join(line + b"\n" for line in lines)
    ends = [at + 1 for at, byte in enumerate(text) if byte == 10]
    cuts = data.draw(st.lists(st.sampled_from(ends), unique=True)) if ends else []
    whole = parse(text)
    assert whole == parse(text, cuts)
    assert whole == parse(text, cuts, through_state=True)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_survived(data: bytes) -> None:
    """Nothing crashes, and lines are counted by their line feeds."""
    _, state = parse(data)
    assert data.count(b"\n") + (not data.endswith(b"\n") and bool(data)) == state["lines"]


@given(st.lists(st.sampled_from([b"WebSocket connection ", b"onnected", b'" 401', b"{", b'"',
                                 b" - ", b": ", b"=", b"a=1 ", b"\x00", b"\xff", b"[", b"("]),
                max_size=400))  # fmt: skip
def test_lines_of_patterns_own_pieces_are_survived(pieces: list[bytes]) -> None:
    """Lines that almost match, in every way, give events or none, but never an error."""
    _, state = parse(b"".join(pieces))
    assert state["lines"] == bool(pieces)


@pytest.mark.parametrize("piece", [b"a: ", b"WebSocket connection ", b"a=", b"1", b'{"a":', b"\\\"",
                                   b" {", b"info: ", b"[0] ", b"::", b"eyJ", b"key_"])  # fmt: skip
def test_a_line_of_a_mebibyte_is_one_line(piece: bytes) -> None:
    """Long lines of hostile shapes, with a hit at either end, are looked at once."""
    noise = piece * (2**20 // len(piece))
    _, state = parse(b"onnected " + noise + b"\n" + noise + b" onnected\n")
    assert 2 == state["lines"]


def test_places_and_numbers_are_exact() -> None:
    """Offset and line are of the line; the text is the line without its ending."""
    data = b"x\n" + LINES[1] + b"\r\ny\n" + LINES[0]
    events, _ = parse(data)
    assert [(2, 2, "closed"), (2 + len(LINES[1]) + 4, 4, "opened")] == [
        (event.offset, event.line, event.kind) for event in events
    ]
    assert [LINES[1].decode(), LINES[0].decode()] == [event.text for event in events]
    assert {7} == {event.source for event in events}


def test_a_line_without_time_takes_the_last_one_of_its_source() -> None:
    """Also from a line in front that is no event itself; before any, it has none."""
    data = b"\n".join([LINES[1], LINES[2], LINES[1], LINES[0], LINES[1]])
    events, _ = parse(data)
    first = 1795392410_296_000_000
    assert [None, first + 704_000_000, first, first] == [event.time for event in events]


def test_the_state_tells_what_was_read() -> None:
    """Lines, known lines, the last time, an impossible date, and lines by pack."""
    _, state = parse(b"\n".join([LINES[0], LINES[2], LINES[9]]) + b"\n")
    assert {
        "lines": 3, "recognised": 2, "bad_times": 1, "last_time": 1795392411 * SECOND,
        "packs": {"node-ws": 1, "socketio": 1}, "recent": [],
    } == state  # fmt: skip


def test_the_format_is_the_pack_that_knew_most() -> None:
    """None before the first known line."""
    parser = Parser(FORMATS, POLICY)
    assert None is parser.format
    data = b"a user connected\nWebSocket error: x\nWebSocket error: y\n"
    parser.parse(Block(SOURCE, 0, data, Position()))
    assert ("node-ws", 3, 3, None) == (
        parser.format, parser.lines, parser.recognised, parser.last_time
    )  # fmt: skip


def test_a_hit_over_another_patterns_literal_hides_nothing() -> None:
    """Where two literals overlap, the patterns of both are tried."""
    events, _ = parse(b"INFO:     connection open\nWebSocket connection closed\n")
    assert ["uvicorn", "node-ws"] == [event.pattern.partition(":")[0] for event in events]


def test_secrets_do_not_leave() -> None:
    """Neither in the text nor in a field."""
    events, _ = parse(LINES[7] + b"\n")
    assert ["/ws?token=[redacted]"] == [event.path for event in events]
    assert "token=x" not in events[0].text


def test_control_characters_of_json_do_not_leave() -> None:
    """What JSON's escapes hide is shown, not kept."""
    events, _ = parse(LINES[6] + b"\n")
    assert ["c\\x00\\x1b[1m"] == [event.connection for event in events]


def test_arrival_is_kept_and_dates_the_year() -> None:
    """A live line without year is of the year in which it arrived."""
    arrived = 1795392410 * SECOND  # 2026-11-23
    parser = Parser(FORMATS, TimePolicy())
    block = Block(SOURCE, 0, LINES[4] + b"\n", Position(), arrived)
    (event,) = parser.parse(block)
    assert (1767225601 * SECOND, arrived) == (event.time, event.arrived)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[redis] client connected", False),
        ("info: [kafka] Client disconnected: c1", False),
        ("mqtt: Client disconnected", False),
        ("mongo: New client connected", False),
        ("socket.io-redis: client connected", False),
        ("INFO:prisma:client connected", False),
        ("2026-11-20T10:00:00.000Z [amqp] info: client connected", False),
        ("postgres: Server listening on port 3000", False),
        ('{"name":"redis","msg":"client connected"}', False),
        ("[hub] client connected", True),
        ('{"name":"api","msg":"client connected"}', True),
        ("[redis] WebSocket connection a1 established. Total: 1", True),
        ("Nov 20 10:00:00 redis-host app[12]: client connected", True),
    ],
)
def test_clients_of_other_subsystems(line: str, expected: bool) -> None:
    """Whose name stands in front, or is the logger: theirs are not the server's; sockets are."""
    assert expected == bool(parse(line.encode())[0])
