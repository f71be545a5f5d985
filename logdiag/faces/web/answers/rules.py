"""`/rules`: what is loaded, and what of it fired."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from logdiag.diagnosis import Rule
from logdiag.engines import knowledge
from logdiag.faces.web.answers.asked import Context, Document, time
from logdiag.faces.words import plural, spoken
from logdiag.model import SECOND
from logdiag.resources import rules_dir
from logdiag.timeline import outlines
from logdiag.timeline.outlines import Outline


def rules(context: Context) -> Document:
    """All rules, by id."""
    fired: dict[str, list[Outline]] = {}
    for one in outlines.latest(context.reader):
        fired.setdefault(one.rule, []).append(one)
    loaded = knowledge.load_rules(context.settings)
    return {
        "rules": [
            _told(rule, fired.get(rule.id, []))
            for rule in sorted(loaded, key=lambda rule: rule.id)
        ]
    }  # fmt: skip


def _told(rule: Rule, findings: list[Outline]) -> Document:
    text = Path(rule.file).read_text("utf-8", "backslashreplace")
    states = Counter(one.state for one in findings)
    times = [at for one in findings for at in (one.fired_at, one.resolved_at) if at is not None]
    return {
        "id": rule.id, "title": rule.title, "level": rule.level, "status": rule.status,
        "description": rule.description, "cause": rule.cause, "fix": rule.fix,
        "by": list(rule.by), "within": _within(rule), "when": rule.when.text,
        "falsepositives": list(rule.falsepositives), "references": list(rule.references),
        "text": text, "built_in": Path(rule.file).parent == rules_dir(),
        **{state: states[state] for state in ("firing", "pending", "resolved")},
        "last_at": time(max(times, default=None)),
    }  # fmt: skip


def _within(rule: Rule) -> str:
    return f"{spoken(rule.within / SECOND)} or {plural(rule.within_lines, 'line')}"
