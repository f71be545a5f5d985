"""A memory of bounded size keeps the latest."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis.recent import Recent

MOST = 8
STEPS = st.lists(st.tuples(st.sampled_from("pd"), st.sampled_from("abcdefghijklmno")))


@given(STEPS)
def test_the_latest_half_is_known_and_never_more_than_all(steps: list[tuple[str, str]]) -> None:
    """As a dict does that forgets nothing, for the keys that were put last."""
    recent, known = Recent[int](MOST), dict[str, int | None]()
    for place, (step, key) in enumerate(steps):
        if step == "p":
            recent.put(key, place)
            known.pop(key, None)  # so that the latest stands last
            known[key] = place
        else:
            recent.drop(key)
            known |= {key: None} if key in known else {}
        assert len(recent) <= MOST
        for latest in list(known)[-MOST // 2 :]:
            assert recent.get(latest) == known[latest]
        assert {recent.get(key) for key in "abcdefghijklmno"} <= {None, *known.values()}


def test_it_goes_through_json() -> None:
    """Both generations, so that the same is forgotten next."""
    recent, restored = Recent[int](MOST), Recent[int](MOST)
    for place, key in enumerate("abcdefg"):
        recent.put(key, place)
    restored.restore(json.loads(json.dumps(recent.snapshot())))
    for memory in (recent, restored):
        for place, key in enumerate("hij"):
            memory.put(key, place)
    assert [recent.get(key) for key in "abcdefghij"] == [restored.get(key) for key in "abcdefghij"]
    assert recent.get("a") is None


def test_what_is_renewed_counts_as_noted_now() -> None:
    """It outlives what was put between, which is forgotten; what is not known is not made."""
    recent = Recent[int](MOST)
    for place, key in enumerate("abcd"):
        recent.put(key, place)
    assert (0, None) == (recent.renew("a"), recent.renew("z"))
    for place, key in enumerate("efg"):
        recent.put(key, place)
    assert [0, None, None] == [recent.get(key) for key in "abz"]
