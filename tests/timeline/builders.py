"""What the tests of the timeline store: small, numbered, telling apart."""

from __future__ import annotations

from logdiag.model import (
    SECOND,
    Changes,
    Connection,
    Event,
    Evidence,
    Finding,
    Guard,
    Position,
    Source,
    Transition,
)
from logdiag.timeline import Batch, SourceUpdate

WIDTH = 100  # bytes of a line


def event(source: Source, number: int, kind: str = "opened", **fields: object) -> Event:
    """The `number`-th line of a source, at `number` seconds."""
    values: dict[str, object] = {
        "kind": kind,
        "time": number * SECOND,
        "source": source.id,
        "offset": number * WIDTH,
        "line": number + 1,
        "text": f"line {number}",
    }
    return Event(**{**values, **fields})  # type: ignore[arg-type]


def step(source: Source, number: int, state: str, live: int, **fields: object) -> Transition:
    """The transition told by the `number`-th line, of the connection of that number."""
    at = Transition(number, state, number * SECOND, source.id, number * WIDTH, live)
    return at._replace(**fields)


def finding(source: Source, fingerprint: str = "f1", **fields: object) -> Finding:
    """A finding with evidence, guards, group and references."""
    values: dict[str, object] = {
        "rule": "auth-loading-race",
        "title": "Opened while unauthorised",
        "level": "high",
        "confidence": "medium",
        "state": "firing",
        "fingerprint": fingerprint,
        "group": {"service": source.service, "client": "10.0.0.1"},
        "connections": (1, 2),
        "connections_total": 2,
        "evidence": (
            Evidence(source.id, 100, 2, "opened", "line 1", SECOND),
            Evidence(source.id, 0, 1, "opened", "line 0", 0),
        ),
        "guards": (Guard("restarted", "no"),),
        "references": ("https://example.org/leak",),
    }
    return Finding(**{**values, **fields})  # type: ignore[arg-type]


def batch(source: Source, number: int, size: int = 50) -> Batch:
    """The `number`-th batch of a source: its lines, a connection a line, and where it ends."""
    lines = range(number * size, (number + 1) * size)
    end = lines.stop * WIDTH
    changes = Changes(
        connections=[
            Connection(n, f"c{n}", "id", "open", opened_line=(source.id, n * WIDTH)) for n in lines
        ],
        transitions=[step(source, n, "open", n + 1) for n in lines],
        findings=[finding(source, count=number + 1)],
        snapshot={"batch": number},
    )
    return Batch(
        sources=[SourceUpdate(source, Position(end), {"line": lines.stop}, "node", lines.stop)],
        events=[event(source, n) for n in lines],
        changes={source.service: changes},
    )
