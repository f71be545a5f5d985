"""What the tailing room tells a person while it goes on working."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Notice(NamedTuple):
    """Something about `path` a person should know: `what` is wrong and, in `hint`, what to try."""

    path: str
    what: str
    hint: str = ""
    level: Literal["info", "warning"] = "warning"
