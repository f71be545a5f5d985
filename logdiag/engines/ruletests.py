"""Runs the rules' own tests, through the production path, in the log's own time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logdiag.diagnosis import CaseSpec, Detector, Rule
from logdiag.formats import Formats, Parser, TimePolicy
from logdiag.model import Block, Finding, Position, Source

POLICY = TimePolicy("UTC", 2026)  # for lines without a year: they mean the same every year


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one test went; `message` says what was expected and what came."""

    rule: str
    name: str
    passed: bool
    message: str
    file: str
    line: int


def run(
    rules: Sequence[Rule], formats: Formats, beside: Sequence[Rule] | None = None
) -> list[CaseResult]:
    """Every test of every rule, each log judged by all the rules. Deterministic.

    A test speaks of its own rule and of those that it names: without them, silence is expected.
    """
    together = rules if beside is None else beside
    return [result for rule in rules for result in _cases(rule, together, formats)]


def findings(log: str, rules: Sequence[Rule], formats: Formats) -> list[Finding]:
    """What comes of a log's text; what is only pending is left out."""
    source = Source(1, "test", "test.log")
    parser, detector = Parser(formats, POLICY), Detector("test", rules)
    data = log.encode("utf-8", "surrogateescape")
    for event in parser.parse(Block(source, 0, data, Position(offset=len(data)))):
        detector.on_event(event)
    found = detector.drain(ended=True).findings
    return [finding for finding in found if finding.state != "pending"]


def _cases(rule: Rule, rules: Sequence[Rule], formats: Formats) -> Iterator[CaseResult]:
    for case in rule.tests:
        expected = sorted(_expectations(case))
        named = {rule.id, *(wish["rule"] for wish in case.expect)}
        found = [
            _facts(finding)
            for finding in findings(case.log, rules, formats)
            if finding.rule in named
        ]
        passed = len(expected) == len(found) and all(
            any(wish <= facts for facts in found) for wish in map(frozenset, expected)
        )
        message = "" if passed else f"expected {_text(expected)}; found {_text(found)}"
        yield CaseResult(rule.id, case.name, passed, message, rule.file, case.at.line)


def _expectations(case: CaseSpec) -> list[list[tuple[str, str]]]:
    return [sorted({"state": "firing", **wish}.items()) for wish in case.expect]


def _facts(finding: Finding) -> frozenset[tuple[str, str]]:
    return frozenset(
        {
            ("rule", finding.rule), ("state", finding.state), ("level", finding.level),
            ("confidence", finding.confidence), ("connections", str(finding.connections_total)),
        }
    )  # fmt: skip


def _text(items: Sequence[object]) -> str:
    def one(item: object) -> str:
        pairs = sorted(item)  # type: ignore[call-overload]
        return "{" + ", ".join(f"{name}: {value}" for name, value in pairs) + "}"

    return ", ".join(one(item) for item in items) or "nothing"
