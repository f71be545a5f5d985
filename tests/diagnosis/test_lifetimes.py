"""How long connections usually live."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis.lifetimes import PER_OCTAVE, Lifetimes
from logdiag.model import SECOND


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
