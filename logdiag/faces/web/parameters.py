"""What may stand behind the question mark: declared once, for checking and for describing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from logdiag.errors import UsageError
from logdiag.faces.web.answers.asked import FARTHEST

Schema = Mapping[str, Any]

_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)


class Parameter(NamedTuple):
    """One parameter. `argument` is what an answer's function calls it; `schema` its JSON Schema."""

    name: str
    schema: Schema
    description: str
    required: bool = False
    argument: str = ""

    def value(self, text: str) -> Any:
        """What the text says. Errors: `UsageError`."""
        if self.schema["type"] == "integer":
            return self._integer(text)
        most = self.schema["maxLength"]
        if len(text) > most:
            raise UsageError(f"{self.name} is longer than {most} characters.", "Shorten it.")
        if "enum" in self.schema and text not in self.schema["enum"]:
            known = ", ".join(self.schema["enum"])
            raise UsageError(f"{self.name}={text!r} is unknown.", f"Known: {known}.")
        return text

    def _integer(self, text: str) -> int:
        low, high = self.schema["minimum"], self.schema["maximum"]
        number = int(text) if _INTEGER.fullmatch(text) else None
        if number is None or not low <= number <= high:
            hint = f"Write a whole number from {low} to {high}."
            raise UsageError(f"{self.name}={text!r} does not fit.", hint)
        return number


def arguments(
    parameters: Sequence[Parameter], query: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The arguments for an answer's function. Errors: `UsageError` for what does not fit."""
    known = {one.name: one for one in parameters}
    for name, values in query.items():
        if name not in known:
            raise UsageError(
                f"There is no parameter {name!r} here.", f"Known: {', '.join(known) or 'none'}."
            )
        if len(values) > 1:
            raise UsageError(f"{name} is there {len(values)} times.", "Give it once.")
    for one in parameters:
        if one.required and not query.get(one.name, ("",))[0]:
            raise UsageError(f"{one.name} is missing.", f"Add {one.name}=...: {one.description}")
    # an empty one is none: forms send all their fields
    return {
        known[name].argument or name: known[name].value(values[0])
        for name, values in query.items() if values[0]
    }  # fmt: skip


def text(most: int = 500, **more: Any) -> Schema:
    """The schema of a text."""
    return {"type": "string", "minLength": 1, "maxLength": most, **more}


def whole(low: int, high: int, **more: Any) -> Schema:
    """The schema of a whole number."""
    return {"type": "integer", "minimum": low, "maximum": high, **more}


def words(*known: str, **more: Any) -> Schema:
    """The schema of one of some words."""
    return {"type": "string", "maxLength": 50, "enum": list(known), **more}


_AXIS = whole(-FARTHEST, FARTHEST)
SERVICE = Parameter("service", text(), "The service's name.", required=True)
ANY_SERVICE = SERVICE._replace(required=False, description="Only this service.")
FROM = Parameter("from", _AXIS, "Where to begin, as an axis number.", argument="begin")
TO = Parameter("to", _AXIS, "Where to end, as an axis number; exclusive.", argument="end")
WIDTH = Parameter(
    "width", whole(10, 4000, default=1000), "How many pixels the answer is to be drawn on."
)
SINCE = Parameter("since", text(50), "From when: 2h, 30m, 7d before the data's end, or ISO 8601.")
UNTIL = Parameter("until", text(50), "To when, as `since`.")
PAGE = Parameter("page", whole(0, 1_000_000, default=0), "Which page, from 0.")
SIZE = Parameter("size", whole(1, 200, default=50), "How many on a page.")
RULE = Parameter("rule", text(200), "Only what is about this rule's findings.")
