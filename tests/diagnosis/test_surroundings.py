"""What happens around a connection in its service."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis import surroundings
from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.surroundings import HERD_LEAST, HERD_SHARE, HERD_SPAN, Surroundings
from logdiag.model import SECOND

WHO = "abcdefgh"
MOST = 6
RETURNS = st.lists(st.tuples(st.sampled_from(WHO), st.integers(-3, 15)), min_size=30, max_size=200)


def made(clients: int) -> Surroundings:
    """Those of a service of so many clients."""
    known = Clients(())
    known.count = clients
    return Surroundings(known)


@given(RETURNS, st.integers(0, 25), st.integers(0, 200))
def test_a_herd_is_clients_that_come_back_within_a_minute(
    returns: list[tuple[str, int]], clients: int, stop: int
) -> None:
    """As one who looks at all that came back says; of each the latest return counts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surroundings, "MAX_RETURNS", MOST)
        patch.setattr(surroundings, "SPARE", 3)
        now, one = 0, made(clients)
        latest, herd = dict[str, int](), None
        for place, (key, later) in enumerate(returns):
            now += later * SECOND  # a line may be late
            latest.pop(key, None)
            latest[key] = now
            if len(latest) > MOST:
                del latest[next(iter(latest))]
            least = max(HERD_LEAST, HERD_SHARE * clients)
            if len(latest) >= least:
                while abs(now - next(iter(latest.values()))) > HERD_SPAN:
                    del latest[next(iter(latest))]
            herd = (now, place) if len(latest) >= least else herd
            one.lost(key)
            one.opened(key, (now, place))
            assert one.herd == herd
            assert len(one.snapshot()["returned"]) <= MOST
            if place == stop:
                state, one = one.snapshot(), made(clients)
                one.restore(json.loads(json.dumps(state)))
