from __future__ import annotations

from pathlib import Path

from logdiag.model import Changes, Connection, Echo, Finding, Gap, Source, Transition
from logdiag.timeline import Batch, Reader, Writer
from tests.timeline import builders


def _dump(path: Path) -> list[str]:
    with Reader.open(path) as reader:
        return list(reader.dump())


def _end(source: Source) -> Changes:
    """Changes that replace, add and drop something of each kind that `builders.batch` stores."""
    finding = Finding("r", "t", "high", "low", "firing", "new", {}, evidence=())
    return Changes(
        connections=[
            Connection(1, "one", "id", "closed", closed_at=5),
            Connection(9_999, "new", "id", "open", opened_at=6),
        ],
        transitions=[Transition(1, "closed", 5, source.id, 0, 0)],
        echoes=[Echo(source.id, 0, source.id, 1)],
        findings=[finding],
        dropped=[line.fingerprint for line in _findings(source)],
        gaps=[Gap(source, 300, None, "silent")],
        snapshot={"told": {}},
    )


def _findings(source: Source) -> list[Finding]:
    return [one for each in builders.batch(source, 0, 40).changes.values() for one in each.findings]


def test_end_is_taken_back(path: Path, writer: Writer, source: Source) -> None:
    """What the end of an input replaced, added and dropped is as it was; so is the state."""
    first = builders.batch(source, 0, 40)
    writer.commit(first)
    before, state = _dump(path), {"go": "on"}
    batch = Batch(changes={"app": _end(source)}, before={"app": state})
    writer.commit(batch)
    assert before != _dump(path)
    assert {"told", "before", "memory"} == set(writer.detector_state("app") or {})
    writer.take_back("app")
    assert before == _dump(path)
    assert state == writer.detector_state("app")
    writer.take_back("app")
    assert before == _dump(path)
