from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from logdiag.diagnosis import Facts, verdict
from logdiag.model import Finding

FACTS = Facts(
    opened=10, closed=8, superseded=0, unknown=0, auth_failures=0, live_at_end=2, identity="id",
    lines=100,
)  # fmt: skip
FINDING = Finding(
    rule="r", title="Too many connections", level="medium", confidence="medium", state="firing",
    fingerprint="f", group={},
)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"lines": 0, "opened": 0, "closed": 0}, "Nothing was read. Are these the right files?"),
        (
            {"opened": 0},
            "The log has a line only when a connection ends. Log one when it opens, with an id.",
        ),
        (
            {"opened": 0, "closed": 0},
            "No line says that a connection opened. Try 'logdiag explain' on a line that should.",
        ),
        (
            {"closed": 0},
            "10 connections opened and no line says that one closed. Log the close, with the id "
            "of its opening.",
        ),
        ({"unknown": 8}, "Lines are missing: what became of 8 connections is unknown."),
        (
            {"outliving": 3},
            "3 connections outlived all that closed, and no line tells whose they are. Log the "
            "client with each opening.",
        ),
        (
            {"identity": "count", "peak": 9},
            "No close says which connection it ends, and the count did not fall back late in the "
            "log (9 live at most, 2 at the end): a leak would look the same. Log the same id with "
            "each opening and close.",
        ),
    ],
)
def test_the_log_cannot_tell(facts: dict[str, Any], reason: str) -> None:
    """Neither an alarm nor an all-clear, and what to log."""
    assert ("cannot_tell", reason) == verdict([], FACTS._replace(**facts))


def test_a_few_unknown_are_no_obstacle() -> None:
    """Fewer unknown than closed: the log tells enough."""
    assert "clean" == verdict([], FACTS._replace(unknown=7))[0]


def test_clean() -> None:
    """With the numbers that it stands on."""
    assert ("clean", "10 opened, 8 closed, 2 live at the end.") == verdict([], FACTS)


def test_a_count_that_fell_back_is_clean() -> None:
    """None of those before is left, whichever they were."""
    reason = "10 opened, 8 closed, 2 live at the end. No close says which connection it ends, but "
    facts = FACTS._replace(identity="count", fell_to=1)
    assert ("clean", f"{reason}their count fell to 1.") == verdict([], facts)


def test_closes_that_a_stop_forestalled_were_told_all_the_same() -> None:
    """A restart ended all that opened; nobody can say that the log lacks closes."""
    facts = FACTS._replace(closed=0, superseded=8, closed_at_stop=True)
    assert ("clean", "10 opened, 0 closed, 2 live at the end.") == verdict([], facts)


def test_clean_but_for_suspicions_and_the_past() -> None:
    """What is pending or was resolved is named, and is no leak."""
    pending = replace(FINDING, state="pending", level="informational")
    resolved = replace(FINDING, state="resolved", level="critical")
    reason = (
        "10 opened, 8 closed, 2 live at the end. 1 suspected, held back or not yet for long enough."
    )
    assert ("clean", f"{reason} 2 resolved before.") == verdict(
        [pending, resolved, resolved], FACTS
    )


@pytest.mark.parametrize("level", ["medium", "high", "critical"])
def test_a_firing_finding_of_medium_or_more_is_a_leak(level: Any) -> None:
    """Whatever else the log lacks."""
    found = [replace(FINDING, level=level)]
    assert ("leak", "Too many connections.") == verdict(found, FACTS._replace(closed=0))


def test_what_is_no_connections_fault_is_no_leak() -> None:
    """It is told all the same, whether or not the log can tell leaks; a leak beside it is one."""
    other = replace(FINDING, leak=False, level="high", title="Refused for ever")
    clean = "10 opened, 8 closed, 2 live at the end. But: Refused for ever."
    assert ("clean", clean) == verdict([other], FACTS)
    word, reason = verdict([other], FACTS._replace(opened=0))
    assert ("cannot_tell", True) == (word, reason.endswith(". But: Refused for ever."))
    assert ("leak", "Too many connections.") == verdict([other, FINDING], FACTS)


@pytest.mark.parametrize("level", ["informational", "low"])
def test_a_lower_one_is_none(level: Any) -> None:
    """Low and informational findings are told, and the verdict stays clean."""
    assert "clean" == verdict([replace(FINDING, level=level)], FACTS)[0]


def test_the_worst_of_several_gives_the_reason() -> None:
    """And the others are counted."""
    worse = replace(FINDING, level="high", title="Handler leak")
    assert ("leak", "Handler leak (and 1 more).") == verdict([FINDING, worse], FACTS)
