"""One connection, told by two lines of uvicorn: the one with the address, and its own."""

from __future__ import annotations

import pytest

from logdiag.engines.ruletests import POLICY
from logdiag.formats import Formats, Parser
from logdiag.model import Block, Position, Source
from tests.diagnosis.builders import follow

OPEN = "INFO:     connection open\n"


def accepted(port: int) -> str:
    """The access line of an opening."""
    return f'INFO:     192.0.2.7:{port} - "WebSocket /ws" [accepted]\n'


@pytest.mark.parametrize(
    "lines",
    [
        [accepted(1), OPEN, accepted(2), OPEN, accepted(3), OPEN],
        [accepted(1), accepted(2), OPEN, accepted(3), OPEN, OPEN],
        [accepted(1), accepted(2), accepted(3), OPEN, OPEN, OPEN],
    ],
    ids=["in turn", "interleaved", "in blocks"],
)
def test_each_is_one_connection_with_its_address(lines: list[str], formats: Formats) -> None:
    """Never two, however the lines of several connections lie between each other."""
    data = "".join(lines).encode()
    block = Block(Source(1, "app", "app.log"), 0, data, Position(offset=len(data)))
    told = follow(Parser(formats, POLICY).parse(block))
    assert {f"192.0.2.7:{port}": "open" for port in (1, 2, 3)} == told.states()
    assert (3, 3) == (told.live(), len(told.echoes))
