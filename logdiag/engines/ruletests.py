"""Runs the rules' own tests, through the production path, in the log's own time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logdiag.diagnosis import CaseSpec, Detector, Rule
from logdiag.diagnosis.rulecases import Names
from logdiag.formats import Formats, Parser, TimePolicy
from logdiag.model import Block, Finding, Gap, Position, Source
from logdiag.simulation import CASES, FORMATS, Simulation, parts, write

NAMES: Names = {"case": CASES, "format": FORMATS}  # what a test can simulate
NOISE = 0.3  # the share of lines that say nothing
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


def findings(log: str | Sequence[str], rules: Sequence[Rule], formats: Formats) -> list[Finding]:
    """What comes of a log's text, or of its parts between which lines are lost.

    What is only pending is left out.
    """
    source, offset = Source(1, "test", "test.log"), 0
    parser, detector = Parser(formats, POLICY), Detector("test", rules)
    for part in [log] if isinstance(log, str) else log:
        if offset:
            detector.on_gap(Gap(source, offset, None, "lost"))
        data = part.encode("utf-8", "surrogateescape")
        after = Position(offset=offset + len(data))
        for event in parser.parse(Block(source, offset, data, after)):
            detector.on_event(event)
        offset = after.offset
    detector.run_out()
    found = detector.drain(ended=True).findings
    return [finding for finding in found if finding.state != "pending"]


def _cases(rule: Rule, rules: Sequence[Rule], formats: Formats) -> Iterator[CaseResult]:
    for case in rule.tests:
        expected = sorted(_expectations(case))
        named = {rule.id, *(wish["rule"] for wish in case.expect)}
        found = [
            _facts(finding)
            for finding in findings(log_of(case), rules, formats)
            if finding.rule in named
        ]
        wishes = [frozenset(wish) for wish in expected]
        # Every wish comes true, and nothing else; one by one where the log is written out.
        passed = (
            (case.simulate is not None or len(expected) == len(found))
            and all(any(wish <= facts for facts in found) for wish in wishes)
            and all(any(wish <= facts for wish in wishes) for facts in found)
        )
        message = "" if passed else f"expected {_text(expected)}; found {_text(found)}"
        yield CaseResult(rule.id, case.name, passed, message, rule.file, case.at.line)


def log_of(case: CaseSpec) -> Sequence[str]:
    """What a test is about: its log as written out, or as simulated, in parts."""
    asked = case.simulate
    if asked is None:
        return case.log
    played = Simulation(CASES[asked.case], seed=asked.seed, clients=asked.clients)
    how = FORMATS[asked.format]
    return parts(write(played.play(), how, noise=NOISE, seed=asked.seed))


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
