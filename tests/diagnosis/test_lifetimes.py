"""How long connections usually live."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis.lifetimes import PER_OCTAVE, Lifetimes
from logdiag.model import SECOND
from tests.diagnosis.builders import Log, follow, rule


@given(
    lived=st.lists(st.integers(1, 100_000), min_size=1),
    share=st.sampled_from([0, 0.25, 0.5, 0.95, 0.995, 1]),
)
def test_a_quantile_is_that_of_the_sorted_lifetimes(lived: list[int], share: float) -> None:
    """To within half a bucket."""
    lifetimes = Lifetimes()
    for seconds in lived:
        lifetimes.add(seconds * SECOND)
    place = max(0, math.ceil(share * len(lived) - 1e-9) - 1)
    found = lifetimes.quantile(share)
    assert found is not None
    assert abs(math.log2(found / (sorted(lived)[place] * SECOND))) <= 0.5 / PER_OCTAVE + 1e-6


def test_what_leaked_does_not_teach_what_is_usual() -> None:
    """A leak that comes back for a client known by its address is found again."""
    log, asked = Log(), rule("live >= 3 and rise(live) >= 2")
    for number, begin, lasts in [(0, 0, 0), (1, 0, 300), (2, 3600, 180)]:
        for place in range(3 if lasts else 1):
            name, address = f"c{number}-{place}", "10.0.0.7" if lasts else "10.0.0.8"
            log("opened", begin + 10 * place, connection=name, client=address)
        for place in range(3 if lasts else 1):
            log("closed", begin + (lasts or 5) + 10 * place, connection=f"c{number}-{place}")
    log.events.sort(key=lambda event: event.time or 0)
    for line, event in enumerate(log.events, 1):
        log.events[line - 1] = event._replace(line=line, offset=100 * line)
    (finding,) = follow(log, [asked]).findings.values()
    assert ("resolved", 2) == (finding.state, finding.count)
