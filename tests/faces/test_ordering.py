from __future__ import annotations

from typing import Any

from logdiag.faces.ordering import by_rule, in_order


def finding(rule: str, client: str | None, level: str = "medium", **fields: Any) -> dict[str, Any]:
    """A firing finding."""
    group = {} if client is None else {"client": client}
    known = {"rule": rule, "level": level, "group": group, "state": "firing", "leak": True}
    return {"service": "app", **known, **fields}


def test_the_cause_comes_before_what_follows_from_it() -> None:
    """What a client is told twice follows from its leak, however bad it is."""
    twice = finding("duplicate-delivery", "u", "high", leak=False)
    cause, other = finding("remount", "u"), finding("retry", "v", "high", leak=False)
    assert [other, cause, twice] == in_order([twice, cause, other])


def test_what_matters_most_comes_first() -> None:
    """Firing before pending before resolved, then by level; leaks first among equals."""
    found = [
        finding("a", None, "high"), finding("b", "u"), finding("c", "v", leak=False),
        finding("d", "v", "informational", state="pending"),
        finding("e", "u", "high", state="resolved"),
        finding("f", "u", "high", state="resolved", leak=False),
    ]  # fmt: skip
    assert found == in_order(reversed(found))


def test_findings_of_one_rule_stand_together() -> None:
    """In the order of the first of each; a suspicion by itself, and each service by itself."""
    one, two, three = (finding("a", name) for name in "uvw")
    other, doubt = finding("b", "u"), finding("a", "x", state="pending")
    elsewhere = finding("a", "u", service="web")
    assert [[one, two, three], [other], [doubt], [elsewhere]] == by_rule(
        [one, other, two, doubt, elsewhere, three]
    )
