from __future__ import annotations

import json
from typing import Any

import pytest

from logdiag.model import SECOND, Changes, Connection, Echo, Gap, Position, Source
from logdiag.timeline import Batch, Notice, SourceUpdate, Writer
from logdiag.timeline.dump import iso
from tests.timeline import builders


def _lines(writer: Writer) -> list[str]:
    return list(writer.reader().dump())


def _items(writer: Writer, table: str) -> list[dict[str, Any]]:
    return [item for item in map(json.loads, _lines(writer)) if item["table"] == table]


def _run(sizes: list[int], order: list[str], seen: int | None) -> list[str]:
    """The same four hundred lines of two services, cut and numbered differently."""
    with Writer.open(":memory:") as writer:
        sources = [writer.register(name, f"{name}.log") for name in order]
        for source in sorted(sources, key=lambda one: one.service):
            begin = 0
            for size in sizes:
                lines = range(begin, begin + size)
                changes = Changes(
                    [
                        Connection(n, "c", "id", "open", None, opened_line=(source.id, n * 100),
                                   ordinal=seen or 0, marks={"m": (source.id, n, n)})
                        for n in lines
                    ],
                    [builders.step(source, n, "open", n) for n in lines],
                    [Echo(source.id, n * 100, source.id, 0) for n in lines],
                    [builders.finding(source)],
                    snapshot={"seen": seen},
                )  # fmt: skip
                position = Position((begin + size) * 100, inode=seen or 0, ended=bool(seen))
                begin += size
                batch = Batch(
                    [SourceUpdate(source, position, {"seen": seen}, "node", begin, begin)],
                    [builders.event(source, n, arrived=seen) for n in lines],
                    [Gap(source, 7, 3, "lost", seen)] if begin == 400 else [],
                    {source.service: changes},
                    [Notice(source, f"seen {seen}")],
                )
                writer.commit(batch)
        return _lines(writer)


def test_only_the_content_counts() -> None:
    """Batches, row ids, arrival times, inodes and internal states make no difference."""
    assert _run([400], ["a", "b"], None) == _run([1, 99, 250, 50], ["b", "a"], 12345)


def test_every_line_is_canonical() -> None:
    """Sorted keys, one item a line, no NULL, its table and its service."""
    for line in _run([400], ["a", "b"], 5):
        item = json.loads(line)
        assert json.dumps(item, sort_keys=True, ensure_ascii=False) == line
        assert None not in item.values()
        assert item["service"] in ("a", "b")


def test_two_sources_of_one_path(writer: Writer) -> None:
    """A log that began anew under its name is told apart by order, not by id."""
    sources = [writer.register("app", path) for path in ("b.log", "a.log", "b.log")]
    writer.commit(Batch(events=[builders.event(source, 0) for source in sources]))
    assert ["a.log", "b.log", "b.log#2"] == [item["source"] for item in _items(writer, "events")]


def test_order_of_transitions_is_theirs(writer: Writer, source: Source) -> None:
    """Steps stand in the order in which they were told, whatever their times."""
    steps = [builders.step(source, n, "open", 1, time=t) for n, t in ((5, 9), (3, 1), (4, None))]
    writer.commit(Batch(changes={"app": Changes(transitions=steps)}))
    assert [5, 3, 4] == [item["connection"] for item in _items(writer, "transitions")]


@pytest.mark.parametrize("table", ["services", "sources", "events", "connections", "transitions",
                                   "echoes", "findings", "evidence", "gaps"])  # fmt: skip
def test_every_table_is_in_it(table: str) -> None:
    """What the two runs must agree in is everything but the detector's and parser's state."""
    assert table in {json.loads(line)["table"] for line in _run([400], ["a"], 1)}


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (100 * SECOND, "1970-01-01T00:01:40Z"),
        (1_700_000_000_120_000_000, "2023-11-14T22:13:20.12Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (-(2**63), "1677-09-21T00:12:43.145224192Z"),
    ],
)
def test_iso(time: int, expected: str) -> None:
    """Every nanosecond that can be stored has its own name."""
    assert expected == iso(time)
