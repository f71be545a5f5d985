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
    firsts = those(view, followed.left_behind(view.place, "surplus"))
    return [*firsts, *_first_lost(view, followed)]


def count_surplus(view: View) -> int:
    """How many they are."""
    if view.client is None:
        return 0 if view.anonymous else view.count_marked("surplus")
    followed = view.followed
    return count_left_behind(view, "surplus") + len(_first_lost(view, followed)) if followed else 0


def races(view: View) -> int:
    """After how many losses they opened."""
    followed = view.followed
    if followed is None or len(view.group.key) > 1:  # some of what the client holds
        return len({_loss(life, followed) for life in surplus(view)})
    firsts = _first_lost(view, followed)
    return followed.losses(view.place, [_own_loss(life) for life in firsts])


def _loss(life: Life, followed: Followed | None) -> Mark:
    """The loss that its next one came after, else its own."""
    follower = None if followed is None else followed.follower(life.number)
    marks = None if follower is None else follower.marks
    return (marks.get("surplus") if marks else None) or _own_loss(life)


def _own_loss(life: Life) -> Mark:
    return (life.marks or {})["surplus"]


def _first_lost(view: View, followed: Followed) -> list[Life]:
    """The second ones of pairs whose first one was lost: what followed them came later."""
    if view.firsts is not None:
        return view.firsts
    found: list[Life] = []
    view.firsts = found
    marked = view.group.marked.get("surplus")
    if marked:
        for life in marked.values():
            follower = followed.follower(life.number)
            if follower is None or not view.holds(life):
                continue
            if follower.marks is None or "surplus" not in follower.marks:
                found.append(life)
    return found
