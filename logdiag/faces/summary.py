"""What a check came to, in a few lines beside the report. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from logdiag.faces.document import Document, failing
from logdiag.faces.words import clipped, plural


def verdicts(document: Document) -> Iterator[tuple[str, str]]:
    """Each service's verdict and each limit that was not kept, as a word and a sentence."""
    for service in document["services"]:
        yield _word(service["verdict"]), f"{service['name']}: {clipped(service['reason'])}"
    for limit in document["limits"]:
        if limit["outcome"] != "kept":
            allowed = "" if limit["name"] == "all-closed" else f" {limit['allowed']}"
            told = f"{limit['service']}: {clipped(limit['reason'])} (--{limit['name']}{allowed})"
            yield _word(limit["outcome"]), told


def over(document: Document, fail_on: str) -> str:
    """Why it fails although nothing fires any more; empty if that is not so."""
    found = failing(document, fail_on, over=True)
    if not found or failing(document, fail_on):
        return ""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return (
        f"{plural(len(found), 'finding')} of level {fail_on} or worse fired, and ended before the "
        f"log did: {clipped(found[0]['title'])}{more}."
    )


def _word(outcome: str) -> str:
    return outcome.upper().replace("_", " ")
