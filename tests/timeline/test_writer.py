from __future__ import annotations

from pathlib import Path

import pytest

from logdiag.errors import TimelineError
from logdiag.model import Changes, Connection, Echo, Evidence, Position, Source
from logdiag.timeline import Batch, Notice, Reader, SourceUpdate, Writer
from logdiag.timeline.writer import MAX_EPISODES
from tests.timeline import builders


def _dump(writer: Writer) -> list[str]:
    return list(writer.reader().dump())


def test_register_gives_new_ids(writer: Writer) -> None:
    """Two sources of one path, as after copytruncate, are two, in their service."""
    sources = [writer.register(service, "app.log") for service in ("app", "app", "other")]
    assert [(1, "app"), (2, "app"), (3, "other")] == [(s.id, s.service) for s in sources]
    assert [(source, Position()) for source in sources] == writer.known()


def test_nothing_is_known_before_the_first_commit(writer: Writer, source: Source) -> None:
    """A new source has no parser state, a new service no detector state, and both may be asked."""
    assert writer.parser_state(source) is None
    assert writer.detector_state("app") is None
    assert writer.detector_state("never seen") is None
    assert [] == list(writer.open_connections("never seen"))


def test_rename_keeps_the_source(writer: Writer, source: Source) -> None:
    """A rotation changes the shown path and nothing else."""
    writer.commit(builders.batch(source, 0))
    renamed = writer.rename(source, "app.log.1")
    assert Source(source.id, "app", "app.log.1") == renamed
    assert [renamed] == [known for known, _ in writer.known()]
    assert builders.event(source, 3) == writer.reader().event(source.id, 300)


def test_path_that_is_no_text(writer: Writer) -> None:
    """A file name in a foreign encoding is stored escaped, also where it names the service."""
    source = writer.register("caf\udce9", "caf\udce9.log")
    assert Source(1, "caf\\udce9", "caf\\udce9.log") == source
    assert [source] == [known for known, _ in writer.known()]
    writer.commit(Batch(changes={source.service: Changes(snapshot={"a": 1})}))
    assert {"a": 1} == writer.detector_state("caf\\udce9")
    assert {"a": 1} == writer.detector_state("caf\udce9")


def test_commit_is_seen_by_a_reader(writer: Writer, path: Path, source: Source) -> None:
    """What was committed is there for another connection at once."""
    writer.commit(builders.batch(source, 0))
    with Reader.open(path) as reader:
        assert 50 == reader.totals("app").opened
        assert _dump(writer) == list(reader.dump())


def test_event_twice_rolls_everything_back(writer: Writer, source: Source) -> None:
    """A batch with one line that is there already leaves no trace, in no table."""
    writer.commit(builders.batch(source, 0))
    before, state = _dump(writer), writer.detector_state("app")
    bad = builders.batch(source, 1)
    bad.events.append(builders.event(source, 7))
    with pytest.raises(TimelineError, match=r"events.source, events.offset.*Nothing of it"):
        writer.commit(bad)
    assert before == _dump(writer)
    assert state == writer.detector_state("app")
    writer.commit(builders.batch(source, 1))
    assert 100 == writer.reader().totals("app").opened


@pytest.mark.parametrize(
    "bad",
    [
        Batch(sources=[SourceUpdate(Source(99, "app", "x"), Position())]),
        Batch(events=[builders.event(Source(99, "app", "x"), 0)]),
        Batch(events=[builders.event(Source(99, "app", "x"), 0, time=None)]),
        Batch(notices=[Notice(Source(99, "app", "x"), "?")]),
    ],
    ids=["update", "event", "event-without-time", "notice"],
)
def test_unknown_source_is_refused(writer: Writer, source: Source, bad: Batch) -> None:
    """Nothing is stored for a source that was never registered."""
    before = _dump(writer)
    bad.changes = builders.batch(source, 0).changes
    with pytest.raises(TimelineError, match="Source 99 is not in the database"):
        writer.commit(bad)
    assert before == _dump(writer)


def test_changes_may_bring_a_new_service(writer: Writer) -> None:
    """A service needs no source: its findings may be about others' lines."""
    writer.commit(Batch(changes={"new": Changes(snapshot={"a": 1})}))
    assert {"a": 1} == writer.detector_state("new")
    assert ["new"] == writer.reader().services()


def test_last_word_of_a_connection_counts(writer: Writer, source: Source) -> None:
    """A connection that changes within a batch and across batches is one row, the last."""
    opened = Connection(1, "c1", "id", "open", code=1)
    closed = Connection(1, "c1", "id", "closed", reason="bye")
    writer.commit(Batch(changes={"app": Changes(connections=[opened, opened])}))
    assert [opened] == list(writer.open_connections("app"))
    writer.commit(Batch(changes={"app": Changes(connections=[opened, closed])}))
    assert [closed] == writer.reader().connections("app")
    assert [] == list(writer.open_connections("app"))


def test_findings_are_replaced_and_dropped(writer: Writer, source: Source) -> None:
    """A repeat replaces finding and evidence; a dropped one is gone unless it is found anew."""
    writer.commit(Batch(events=[builders.event(source, n) for n in range(2)]))
    first, second = builders.finding(source), builders.finding(source, count=2, evidence=())
    for findings, dropped, expected in (
        ([first], [], [first]),
        ([second], [], [second]),
        ([], ["f1"], []),
        ([first], ["f1", "never there"], [first]),
    ):
        writer.commit(Batch(changes={"app": Changes(findings=findings, dropped=dropped)}))
        assert expected == [found.finding for found in writer.reader().findings()]


def test_episodes_are_kept(writer: Writer, source: Source) -> None:
    """What fires again keeps its history, up to a bound; what comes too early takes it back."""
    events = [builders.event(source, n) for n in range(2)]
    episodes = [
        builders.finding(source, count=n, state="resolved", pending_at=n) for n in range(1, 5)
    ]
    writer.commit(Batch(events=events, changes={"app": Changes(findings=episodes)}))
    (found,) = writer.reader().findings()
    assert (episodes[3], 1) == (found.finding, found.first_seen)
    assert (episodes[2], episodes[1], episodes[0]) == found.earlier
    writer.commit(Batch(changes={"app": Changes(findings=[episodes[1]])}))
    (found,) = writer.reader().findings()
    assert (episodes[1], (episodes[0],)) == (found.finding, found.earlier)


def test_episodes_are_bounded(writer: Writer, source: Source) -> None:
    """A leak that flaps for weeks keeps its first episode and the latest ones."""
    flapping = [builders.finding(source, count=n, evidence=()) for n in range(1, 400)]
    writer.commit(Batch(changes={"app": Changes(findings=flapping)}))
    counts = writer._connection.execute("SELECT count FROM findings ORDER BY count").fetchall()
    assert [1, *range(400 - MAX_EPISODES, 400)] == [count for (count,) in counts]


def test_evidence_is_filled_in(writer: Writer, source: Source) -> None:
    """The detector names a line, the timeline says what it says; of a line it lost, nothing."""
    writer.commit(Batch(events=[builders.event(source, 1)]))
    named = builders.finding(source, evidence=(Evidence(1, 100), Evidence(1, 700)))
    writer.commit(Batch(changes={"app": Changes(findings=[named])}))
    (found,) = writer.reader().findings()
    stored = [line[:5] for line in found.finding.evidence]
    assert [(1, 100, 2, "opened", "line 1"), Evidence(1, 700)[:5]] == stored


def test_one_fingerprint_in_two_services(writer: Writer, source: Source) -> None:
    """Findings of two services never replace each other."""
    for service in ("app", "other"):
        writer.commit(Batch(changes={service: Changes(findings=[builders.finding(source)])}))
    writer.commit(Batch(changes={"other": Changes(dropped=["f1"])}))
    assert ["app"] == [found.service for found in writer.reader().findings()]


def test_no_parser_and_no_snapshot_keep_the_old(writer: Writer, source: Source) -> None:
    """What a batch does not mention stays."""
    writer.commit(builders.batch(source, 0))
    update = SourceUpdate(source, Position(9000), None, "node", 60, 50)
    writer.commit(Batch(sources=[update], changes={"app": Changes()}))
    assert {"line": 50} == writer.parser_state(source)
    assert {"batch": 0} == writer.detector_state("app")
    assert [(source, Position(9000))] == writer.known()


def test_hostile_values_do_not_stop_the_others(writer: Writer, source: Source) -> None:
    """Numbers beyond 64 bits become NULL, lone surrogates are escaped, all else is stored."""
    events = [
        builders.event(source, 0, total=10**30, code=1000),
        builders.event(source, 1, text="\ud800", reason="fine"),
        builders.event(source, 2),
    ]
    echoes = [Echo(source.id, 100, source.id, 0)]
    writer.commit(Batch(events=events, changes={"app": Changes(echoes=echoes)}))
    reader = writer.reader()
    assert [
        events[0]._replace(total=None),
        events[1]._replace(text="\\ud800"),
        events[2],
    ] == [reader.event(source.id, event.offset) for event in events]
    with pytest.raises(TimelineError, match="echoes"):
        writer.commit(Batch(changes={"app": Changes(echoes=echoes)}))


def test_more_rows_than_a_chunk(writer: Writer, source: Source) -> None:
    """A field that only the last of many events has is stored; order does not matter."""
    events = [builders.event(source, n) for n in range(1200)]
    events[-1] = events[-1]._replace(process="p1")
    writer.commit(Batch(events=events[::-1]))
    reader = writer.reader()
    assert events == [reader.event(source.id, event.offset) for event in events]
