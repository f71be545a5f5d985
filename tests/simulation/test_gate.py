"""The gate counts right; its short form, with fixed seeds, is open."""

from __future__ import annotations

from benchmarks import gate
from benchmarks.gate import Cell, Score
from logdiag.simulation import CASES

LEAK, NONE = "remount-duplicate", frozenset[str]()


def cell(case: str, expected: str, *found: str, how: str = "node-ws", loud: bool = True) -> Cell:
    """A cell in which these rules were found."""
    return Cell(case, how, 1, expected, frozenset(found), frozenset(found) if loud else NONE)


def test_precision_and_recall() -> None:
    """Right, missed and wrong are counted per rule; what is also true is neither."""
    cells = [
        cell("D1", LEAK, LEAK, "duplicate-delivery"),  # right, and what D1 entails
        cell("D1", LEAK),  # missed
        cell("D1", "cannot_tell", LEAK, how="seed"),  # more than could be asked for, and true
        cell("D4", "auth-loading-race", "auth-loading-race", LEAK),  # the wrong name beside it
    ]
    assert [
        Score("auth-loading-race", right=1, missed=0, wrong=0),
        Score(LEAK, right=1, missed=1, wrong=1),
    ] == gate.scores(cells)
    assert (0.5, 0.5, False) == (
        gate.scores(cells)[1].precision, gate.scores(cells)[1].recall, gate.passes(cells),
    )  # fmt: skip


def test_a_false_alarm_shuts_the_gate() -> None:
    """One finding above informational on a healthy day is one too many, a remark is not."""
    assert not gate.passes([cell("tabs", "none", LEAK), *[cell("D1", LEAK, LEAK)] * 99])
    assert gate.passes([cell("tabs", "none", "poor-log", how="seed", loud=False)])


def test_the_report_says_how_to_see_for_oneself() -> None:
    """A miss is told with the command that makes its log."""
    told = "\n".join(gate.report([cell("D1", LEAK)]))
    assert (
        "expected remount-duplicate, found nothing: "
        "logdiag simulate D1 --format node-ws --seed 1" in told
    )


def test_the_short_gate_is_open() -> None:
    """Every root cause of one seed is found, and every healthy day is silent."""
    counted = ["D4-quiet", "D9", "quiet-day", "herd", "deploy-restart", "tabs", "brute-force"]
    cells = gate.run(CASES, ["node-ws"], [1]) + gate.run(counted, ["seed"], [1])
    cells += gate.run(["D1", "D4", "D5", "nat-office", "tabs", "token-expiry"], ["node-json"], [1])
    cells += gate.run(["D7"], ["uvicorn"], [1])
    assert "" == "\n".join(gate.report(cells)) * (not gate.passes(cells))


def test_a_cause_that_pages_alone_tell() -> None:
    """What the page says of its cleanup is found in its own log."""
    (cell,) = gate.run(["D2"], ["browser"], [1])
    assert ("closed-only-when-open", False, NONE) == (cell.expected, cell.missed, cell.false)


def test_a_better_name_is_right() -> None:
    """A rule that says more than can be asked of the format is no mistake, and one less is."""
    better, less = "closed-only-when-open", "remount-duplicate"
    right = cell("D2", less, better)
    assert (False, NONE) == (right.missed, right.false)
    wrong = cell("D2", better, less, how="browser")
    assert (True, frozenset({less})) == (wrong.missed, wrong.false)
