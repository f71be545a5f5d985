"""The gate: does every root cause have its name, and every healthy day its peace?

    python -m benchmarks.gate                 20 fresh seeds, every case, every format
    python -m benchmarks.gate --seed 7 --seeds 3 --cases D1 tabs --formats node-ws

Each case is played with each seed, written in each format, and judged as in production: the
parser reads the log's bytes, the detector with all built-in rules judges the events. A *cell* is
one case, format and seed. Which rule must be found in it follows from what the format tells (see
`Case.shows` and `Format.tells`); there are no exceptions beside that.

It fails where a rule's precision is below 0.98 or its recall below 0.95, and where anything above
informational comes of a healthy day. `make gate` runs it.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from typing import NamedTuple

from logdiag.diagnosis import Rule
from logdiag.engines import knowledge, ruletests
from logdiag.engines.settings import Settings
from logdiag.formats import Formats
from logdiag.model import Finding
from logdiag.simulation import CASES, FORMATS, Case, Simulation, parts, write
from logdiag.simulation.world import Happening

PRECISION = 0.98
RECALL = 0.95
SEEDS = 20
NOISE = 0.3
SHOWN = 30  # misses that are told one by one
QUIET = "informational"  # a finding of this level wakes nobody
NOTHING = ("none", "cannot_tell")  # expected where there is no rule to find
POOR = "poor-log"  # true of every log that tells too little, whatever happens in it


class Cell(NamedTuple):
    """What came of one log.

    `found` has the rules whose findings are worth something: louder than informational, or
    informational because the rule never is more. `loud` are those above informational.
    """

    case: str
    format: str
    seed: int
    expected: str  # a rule, "none" or "cannot_tell"
    found: frozenset[str]
    loud: frozenset[str]

    @property
    def false(self) -> frozenset[str]:
        """The rules that were found and are not true of this log."""
        return self.found - true(CASES[self.case], self.format, self.expected)

    @property
    def missed(self) -> bool:
        """Whether the rule that was expected was not found, nor one that says more."""
        return missed(CASES[self.case], self.expected, self.found)

    @property
    def alarm(self) -> bool:
        """Whether anybody is woken on a healthy day."""
        return CASES[self.case].healthy and bool(self.loud)


class Score(NamedTuple):
    """How good a rule is, over all cells."""

    rule: str
    right: int
    missed: int
    wrong: int

    @property
    def precision(self) -> float:
        """The share of what it found that is true; 1 where it found nothing."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of what there was that it found; 1 where there was nothing."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def passed(self) -> bool:
        """Whether it may be relied on."""
        return self.precision >= PRECISION and self.recall >= RECALL


class Knowledge(NamedTuple):
    """What judges the logs."""

    formats: Formats
    rules: list[Rule]


@functools.cache  # once in each process
def known() -> Knowledge:
    """The built-in packs and rules."""
    return Knowledge(knowledge.load_formats(Settings()), knowledge.load_rules(Settings()))


def true(case: Case, how: str, expected: str) -> frozenset[str]:
    """The rules that may be found in a log of this case where that one is expected."""
    poor = {POOR} if "too-little" in FORMATS[how].tells else set()
    return case.also | case.right(expected) | poor


def missed(case: Case, expected: str, found: frozenset[str]) -> bool:
    """Whether the rule that was expected was not found, nor one that says more."""
    return expected not in NOTHING and case.right(expected).isdisjoint(found)


def hear(
    happenings: Iterable[Happening], how: str, seed: int, noise: float = NOISE
) -> list[Finding]:
    """What comes of a log in that format, as in production."""
    packs, rules = known()
    log = parts(write(happenings, FORMATS[how], noise=noise, seed=seed))
    return ruletests.findings(log, rules, packs)


def loud(findings: Iterable[Finding]) -> frozenset[str]:
    """The rules that wake somebody."""
    return frozenset(finding.rule for finding in findings if finding.level != QUIET)


def worth(findings: Sequence[Finding]) -> frozenset[str]:
    """The rules whose findings are worth something (see `Cell`)."""
    quiet = {rule.id for rule in known().rules if rule.level == QUIET}
    return loud(findings) | {finding.rule for finding in findings if finding.rule in quiet}


def play(case: str, seed: int, formats: Sequence[str]) -> list[Cell]:
    """Play a case once, and judge its log in each format."""
    happenings = list(Simulation(CASES[case], seed=seed).play())
    return [judge(case, seed, name, happenings) for name in formats]


def judge(case: str, seed: int, name: str, happenings: Sequence[Happening]) -> Cell:
    """One cell."""
    findings = hear(happenings, name, seed)
    expected = CASES[case].expected(FORMATS[name].tells)
    return Cell(case, name, seed, expected, worth(findings), loud(findings))


def run(
    cases: Iterable[str], formats: Sequence[str], seeds: Iterable[int], jobs: int = 1
) -> list[Cell]:
    """All cells, on so many cores."""
    tasks = [(case, seed, formats) for case, seed in product(cases, seeds)]
    if jobs == 1:
        return [cell for task in tasks for cell in play(*task)]
    with ProcessPoolExecutor(jobs) as pool:
        return [cell for cells in pool.map(play, *zip(*tasks, strict=True)) for cell in cells]


def scores(cells: Sequence[Cell]) -> list[Score]:
    """The score of every rule that was expected or found somewhere."""
    expected = Counter(cell.expected for cell in cells)
    missed = Counter(cell.expected for cell in cells if cell.missed)
    wrong = Counter(rule for cell in cells for rule in cell.false)
    rules = sorted({*expected, *wrong} - {*NOTHING})
    return [Score(rule, expected[rule] - missed[rule], missed[rule], wrong[rule]) for rule in rules]


def table(cells: Sequence[Cell]) -> Iterator[str]:
    """The confusion table: in what share of a case's cells each rule was found, in percent."""
    rules = sorted({rule for cell in cells for rule in (cell.expected, *cell.found)})
    rules = [rule for rule in rules if rule not in NOTHING]
    count = Counter(cell.case for cell in cells)
    found = Counter((cell.case, rule) for cell in cells for rule in cell.found)
    due = Counter((cell.case, cell.expected) for cell in cells)
    for number, rule in enumerate(rules, 1):
        yield f"  {number:2}  {rule}"
    yield "found in % of the cells / expected in %".ljust(42)
    yield "case".ljust(18) + "".join(f"{number:>9}" for number, _ in enumerate(rules, 1))
    for case in count:
        shares = ((found[case, rule], due[case, rule]) for rule in rules)
        yield case.ljust(18) + "".join(
            f"{100 * one // count[case]:>5}/{100 * other // count[case]:<3}" if one or other
            else "        ."
            for one, other in shares
        )  # fmt: skip


def report(cells: Sequence[Cell]) -> Iterator[str]:
    """Everything that is told of a run."""
    yield from table(cells)
    yield f"\n{'rule':24}{'precision':>10}{'recall':>8}{'right':>7}{'missed':>7}{'wrong':>7}"
    for one in scores(cells):
        mark = "" if one.passed else "  FAILS"
        yield (
            f"{one.rule:24}{one.precision:10.3f}{one.recall:8.3f}{one.right:7}{one.missed:7}"
            f"{one.wrong:7}{mark}"
        )
    bad = [cell for cell in cells if cell.missed or cell.false or cell.alarm]
    alarms = sum(cell.alarm for cell in cells)
    yield f"\n{len(cells)} logs, {alarms} false alarms on healthy days"
    for cell in bad[:SHOWN]:
        found = ", ".join(sorted(cell.found)) or "nothing"
        yield (
            f"  expected {cell.expected}, found {found}: logdiag simulate {cell.case} "
            f"--format {cell.format} --seed {cell.seed}"
        )
    if len(bad) > SHOWN:
        yield f"  ... and {len(bad) - SHOWN} more"


def passes(cells: Sequence[Cell]) -> bool:
    """Whether the gate is open."""
    return all(one.passed for one in scores(cells)) and not any(cell.alarm for cell in cells)


def main() -> int:
    """Run it from the command line. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, help="the first seed; default: a fresh one")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many seeds")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), metavar="CASE")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS),
                        metavar="FORMAT")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    first = random.SystemRandom().randrange(1_000_000) if asked.seed is None else asked.seed
    print(f"seeds {first} to {first + asked.seeds - 1}; the same again: --seed {first}\n")
    found = run(asked.cases, asked.formats, range(first, first + asked.seeds), asked.jobs)
    print("\n".join(report(found)))
    print("\nThe gate is " + ("open." if passes(found) else "shut."))
    return 0 if passes(found) else 1


if __name__ == "__main__":
    sys.exit(main())
