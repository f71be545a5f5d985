"""What came for connections that were lost: more than there were, and after how many losses."""

from __future__ import annotations

from collections.abc import Iterable

from logdiag.diagnosis.counting import count_left_behind, those
from logdiag.diagnosis.followed import Followed
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.view import View
from logdiag.model import Mark


def surplus(view: View) -> Iterable[Life]:
    """Those left behind that opened behind a loss made good before, or whose next one did."""
    if view.client is None:
        return () if view.anonymous else view.marked("surplus")
    followed = view.followed
    if followed is None:
        return ()
    return those(view, [*followed.left_behind(view.place, "surplus"), *_first_lost(view, followed)])


def count_surplus(view: View) -> int:
    """How many they are."""
    if view.client is None:
        return 0 if view.anonymous else view.count_marked("surplus")
    followed = view.followed
    return count_left_behind(view, "surplus") + len(_first_lost(view, followed)) if followed else 0


def races(view: View) -> int:
    """After how many losses they opened."""
    return len({_loss(view, life)[:2] for life in surplus(view)})


def _loss(view: View, life: Life) -> Mark:
    """The line that told of the loss: that of its next one, else its own."""
    follower = None if view.followed is None else view.followed.follower(life.number)
    marks = None if follower is None else follower.marks
    told = marks.get("surplus") if marks else None
    return told or (life.marks or {})["surplus"]


def _first_lost(view: View, followed: Followed) -> list[int]:
    """The second ones of pairs whose first one was lost: what followed them came later."""
    found: list[int] = []
    for life in view.marked("surplus"):
        follower = followed.follower(life.number)
        if follower is not None and "surplus" not in (follower.marks or ()):
            found.append(life.number)
    return found
