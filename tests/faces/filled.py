"""Timelines filled by hand, and the documents made of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from logdiag.faces import document
from logdiag.faces.document import Document
from logdiag.faces.periods import Period
from logdiag.model import (
    SECOND,
    Changes,
    Connection,
    Event,
    Evidence,
    Finding,
    Gap,
    Guard,
    Position,
    Source,
    Transition,
)
from logdiag.timeline import Batch, Reader, SourceUpdate, Writer

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_logs"
NOON = 1_763_640_000 * SECOND  # 2025-11-20T12:00:00Z
WIDTH = 100  # bytes of a line


def at(seconds: float) -> int:
    """So many seconds after noon, ns."""
    return NOON + round(seconds * SECOND)


def event(source: Source, number: int, **fields: Any) -> Event:
    """The `number`-th line of a source, so many seconds after noon."""
    known: dict[str, Any] = {"kind": "opened", "time": at(number), "text": f"line {number}"}
    known |= fields
    return Event(source=source.id, offset=number * WIDTH, line=number + 1, **known)


def finding(source: Source, **fields: Any) -> Finding:
    """A firing finding about connections 1 and 2, with all that a finding may carry."""
    known: dict[str, Any] = {
        "rule": "some-rule", "title": "Something leaks", "level": "high", "confidence": "medium",
        "state": "firing", "fingerprint": "f1", "group": {"client": "address 192.0.2.7"},
        "pending_at": at(1), "fired_at": at(5), "known_by": "address",
        "cause": "Because.", "fix": "Do this.",
        "connections": (1, 2), "connections_total": 2,
        "evidence": (Evidence(source.id, 0), Evidence(source.id, WIDTH)),
        "guards": (Guard("restarted", "no"), Guard("weak_client_key", "yes")),
        "references": ("https://example.org/leak",),
    }  # fmt: skip
    return Finding(**(known | fields))


def connection(source: Source, number: int, **fields: Any) -> Connection:
    """The connection that the line of its number opened."""
    known: dict[str, Any] = {
        "name": f"c{number}", "identity": "id", "state": "open", "opened_at": at(number),
        "opened_line": (source.id, number * WIDTH),
    }  # fmt: skip
    return Connection(number=number, **(known | fields))


def batch(
    source: Source,
    events: list[Event],
    connections: list[Connection],
    findings: list[Finding],
    gaps: list[Gap] | None = None,
) -> Batch:
    """All of it, with the steps that the connections took."""
    steps, live = [], 0
    for one in connections:
        live += 1
        steps.append(Transition(one.number, "open", one.opened_at, source.id, one.number, live))
    for one in connections:
        if one.state == "closed":
            live -= 1
            steps.append(
                Transition(one.number, "closed", one.closed_at, source.id, one.number, live)
            )
    refused = [each.time for each in events if each.kind == "auth_failure"]
    changes = Changes(
        connections=connections, transitions=steps, findings=findings, auth_failures=refused
    )
    position = Position(offset=1_000)
    return Batch(
        sources=[SourceUpdate(source, position, {}, "node-ws", 10, len(events))],
        events=events, gaps=gaps or [], changes={source.service: changes},
    )  # fmt: skip


def timeline(
    path: Path, fill: Callable[[Source], Batch], service: str = "app", file: str = "app.log"
) -> Path:
    """A database with one more service in it."""
    with Writer.open(path) as writer:
        writer.commit(fill(writer.register(service, file)))
    return path


def leaky(source: Source) -> Batch:
    """Three opened, one closed after 4 s, the others firing; the last line at 12:00:10."""
    connections = [
        connection(source, 1), connection(source, 2),
        connection(source, 3, state="closed", closed_at=at(7), closed_line=(source.id, 7 * WIDTH)),
    ]  # fmt: skip
    events = [
        event(source, 0, kind="auth_failure"), *(event(source, n) for n in (1, 2, 3)),
        event(source, 7, kind="closed"), event(source, 10, kind="auth_failure"),
    ]  # fmt: skip
    return batch(source, events, connections, [finding(source)])


def told(path: Path, period: Period | None = None, **options: Any) -> Document:
    """The document on a database, written at 12:34:56.7."""
    with Reader.open(path) as reader:
        return document.build(reader, generated_at=at(34 * 60 + 56.7), period=period, **options)


def invalid(value: Document) -> list[str]:
    """What the schema has against a document."""
    validator = Draft202012Validator(json.loads(document.schema()))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
