"""What a client left behind, counted as its connections come and go."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from logdiag.diagnosis.followed import Followed
from logdiag.model import Mark

MARKS = ("auth_failure", "surplus")

# When the next connection opened, what marked it, and which of those before ends then, if any.
STEPS = st.lists(
    st.tuples(st.integers(0, 30), st.sets(st.sampled_from(MARKS)), st.none() | st.integers(0, 20))
)


@example(steps=[(0, {"surplus"}, None), (30, {"surplus"}, None)], then=15)
@example(steps=[(0, (), None), (5, (), None), (9, (), 2)], then=20)
@given(steps=STEPS, then=st.integers(0, 35))
def test_the_count_is_that_of_the_list(steps: list[Any], then: int) -> None:
    """At any moment, with a mark or without, also of late lines and after a stop."""
    client = Followed(0)
    for number, (since, marks, ends) in enumerate(steps):
        client.follow(number, since, {mark: Mark(1, number // 2) for mark in marks} or None)
        if ends is not None:
            client.leave(ends)
    taken_up = Followed.restored(json.loads(json.dumps(client.plain())))
    for one in (client, taken_up):
        for mark in ("", *MARKS):
            listed = one.left_behind(then, mark)
            assert client.left_behind(then, mark) == listed
            assert len(listed) == one.count(then, mark)
        too_many = [one.follower(number) for number in one.left_behind(then, "surplus")]
        lines = {one.marks["surplus"] for one in too_many if one and one.marks}
        assert len(lines) == one.losses(then)
        for more in ([], [Mark(1, 0)], [Mark(1, 0), Mark(1, 1), Mark(1, 1)]):
            assert len(lines.union(more)) == one.losses(then, more)
        left = [one.follower(number) for number in one.left_behind(100, "")]
        assert sum(then - follower.since for follower in left if follower) == one.at_risk(then)
        assert one.left_behind(then, "") == list(one.backwards(then))[::-1]
