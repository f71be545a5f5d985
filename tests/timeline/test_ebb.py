"""Whether a count fell back, and what proves nothing."""

from __future__ import annotations

import pytest

from logdiag.model import SECOND, Changes, Source
from logdiag.timeline import Batch, Reader, Writer, statistics
from tests.timeline.builders import step


def steps(writer: Writer, source: Source, told: str) -> Reader:
    """Steps in short: `+` opens, `-` closes, `!` ends one at a restart, `?` in a gap."""
    states = {"+": "open", "-": "closed", "!": "superseded", "?": "unknown"}
    live, found = 0, []
    for number, sign in enumerate(told):
        live += 1 if sign == "+" else -1
        found.append(step(source, number, states[sign], live))
    writer.commit(Batch(changes={source.service: Changes(transitions=found)}))
    return Reader.open(writer.path)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("+-", 0),
        ("++-+-+-", 1),
        ("++++----", 0),
        ("++++-+-+-+-+-", None),  # as many as ever
        ("++++----++++++++", None),  # that was early
        ("++++!!!!+-", None),  # a restart took them
        ("++++????++", None),
        ("++++!!!!++++----", 0),  # risen again, and fallen
        ("++++----+!", None),
        ("+" * 20 + "-" * 18, 2),  # a tenth of the peak
        ("+" * 20 + "-" * 17, None),
    ],
)
def test_it_fell_back(writer: Writer, source: Source, told: str, expected: int | None) -> None:
    """Late, by closes, to one or to a tenth of the peak."""
    with steps(writer, source, told) as reader:
        peak = reader.live("app").peak
        assert expected == statistics.fell_to(reader, "app", peak)


def test_a_period_is_asked_for(writer: Writer, source: Source) -> None:
    """What comes after it does not count, nor what came before."""
    with steps(writer, source, "++++----++++") as reader:
        assert 0 == statistics.fell_to(reader, "app", 4, None, 8 * SECOND)
        assert None is statistics.fell_to(reader, "app", 4, 8 * SECOND, None)
        assert None is statistics.fell_to(reader, "other", 4, None, 8 * SECOND)
