from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logdiag.model import (
    CONFIDENCES,
    KINDS,
    LAYERS,
    LEVELS,
    Changes,
    Connection,
    Event,
    Evidence,
    Finding,
    Gap,
    Guard,
    Mark,
    Position,
    Source,
    Transition,
)
from logdiag.timeline import Batch, Notice, SourceUpdate, Writer

_text = st.text(max_size=20)  # no surrogates: the formats room escapes what it cannot decode
_int = st.integers(-(2**63), 2**63 - 1)
_size = st.integers(0, 2**63 - 1)
_float = st.floats(allow_nan=False)
_line = st.tuples(st.just(1), _size)
_line_number = st.tuples(st.just(1), _size, _size)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


_by_annotation = {
    "str": _text,
    "int": _int,
    "str | None": _maybe(_text),
    "int | None": _maybe(_int),
    "float | None": _maybe(_float),
    "tuple[int, int] | None": _maybe(_line),
    "dict[str, str]": st.dictionaries(_text, _text, max_size=3),
    "dict[str, Mark] | None": _maybe(
        st.dictionaries(_text, st.builds(Mark, _size, _size, _maybe(_text)), max_size=3)
    ),
    "tuple[int, ...]": st.lists(_size, max_size=4).map(tuple),
    "tuple[str, ...]": st.lists(_text, max_size=4).map(tuple),
    "tuple[Guard, ...]": st.lists(st.builds(Guard, _text, _text), max_size=3).map(tuple),
    "tuple[Evidence, ...]": st.lists(_size.map(lambda n: Evidence(1, n)), max_size=4).map(tuple),
    "Identity": st.sampled_from(["id", "address", "count"]),
    "State": st.sampled_from(["connecting", "open", "closing"]),
    "Level": st.sampled_from(LEVELS),
    "Confidence": st.sampled_from(CONFIDENCES),
    "FindingState": st.sampled_from(["pending", "firing", "resolved"]),
    "bool": st.booleans(),
}


def _any(noun: type[Any], **chosen: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Every field of a noun filled by its annotation, so that a new field is tested at once."""
    kinds = {
        name: getattr(kind, "__forward_arg__", kind)  # NamedTuple wraps its annotations
        for name, kind in noun.__annotations__.items()
    }
    fields = {name: _by_annotation[kind] for name, kind in kinds.items() if name not in chosen}
    return st.builds(noun, **fields, **chosen)


_SOURCE = Source(1, "app", "app.log")
_events = st.lists(
    _any(
        Event,
        kind=st.sampled_from(KINDS),
        layer=st.sampled_from(LAYERS),
        source=st.just(1),
        offset=_size,
    ),
    max_size=20,
    unique_by=lambda event: event.offset,
)
_connections = st.lists(_any(Connection), max_size=10, unique_by=lambda one: one.number)
_transitions = st.lists(_any(Transition, source=st.just(1)), max_size=10)
_findings = st.lists(_any(Finding), max_size=5, unique_by=lambda one: one.fingerprint)


def _stored(batch: Batch) -> Writer:
    writer = Writer.open(":memory:")
    assert _SOURCE == writer.register("app", "app.log")
    writer.commit(batch)
    return writer


@given(_events)
def test_events(events: list[Event]) -> None:
    """An event comes back as it went in, whichever of its fields are None."""
    with _stored(Batch(events=events)) as writer:
        reader = writer.reader()
        assert events == [reader.event(1, event.offset) for event in events]


@given(_connections)
def test_connections(connections: list[Connection]) -> None:
    """A connection comes back as it went in, to the faces and to the detector."""
    expected = sorted(connections, key=lambda one: one.number)
    with _stored(Batch(changes={"app": Changes(connections=connections)})) as writer:
        assert expected == writer.reader().connections("app")
        assert expected == list(writer.open_connections("app"))


@given(_transitions)
def test_transitions(transitions: list[Transition]) -> None:
    """Transitions come back in the order in which they were told."""
    with _stored(Batch(changes={"app": Changes(transitions=transitions)})) as writer:
        assert transitions == writer.reader().transitions("app")


@given(_findings)
def test_findings(findings: list[Finding]) -> None:
    """A finding comes back with its evidence in order, its guards, group and references."""
    with _stored(Batch(changes={"app": Changes(findings=findings)})) as writer:
        found = {one.finding.fingerprint: one.finding for one in writer.reader().findings()}
        assert {one.fingerprint: one for one in findings} == found


@given(
    _any(Position, device=st.integers(0, 2**128), inode=st.integers(0, 2**128)),
    _maybe(st.dictionaries(_text, _int | _text)),
    st.lists(_any(Gap, source=st.just(_SOURCE)), max_size=3),
    _text,
)
def test_sources(
    position: Position, parser: dict[str, Any] | None, gaps: list[Gap], notice: str
) -> None:
    """Positions (with the widest inodes), parser states, gaps and notices come back."""
    update = SourceUpdate(_SOURCE, position, parser, "node", 7, 3)
    batch = Batch(sources=[update], gaps=gaps, notices=[Notice(_SOURCE, notice)])
    with _stored(batch) as writer:
        (status,) = writer.reader().sources()
        assert [(_SOURCE, position)] == writer.known()
        assert parser == writer.parser_state(_SOURCE)
        assert (tuple(gaps), notice) == (status.gaps, status.notice)
        assert (7, 3, 4) == (status.lines, status.recognised, status.unknown)


@given(st.dictionaries(_text, st.recursive(_int | _text, lambda inner: st.lists(inner))))
def test_detector_state(state: dict[str, Any]) -> None:
    """The detector's snapshot comes back."""
    with _stored(Batch(changes={"app": Changes(snapshot=state)})) as writer:
        assert state == writer.detector_state("app")
