"""The report as JUnit XML, which CI servers show beside the tests. Pure.

There is no standard. This is what Jenkins' schema (junit-10.xsd), GitLab and the usual GitHub
actions agree on: a suite per service, a test case per check, with file and line of its first proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from rich.console import RenderableType

from logdiag.faces.document import Document, failing
from logdiag.faces.findings import finding_block
from logdiag.faces.proof import evidence_table
from logdiag.faces.rendering import rendered
from logdiag.faces.words import clipped, safe

_WIDTH = 100  # columns of the details
_NOT_XML = re.compile("[\ufffe\uffff]")  # XML 1.0 section 2.2; `safe` takes care of the others


def render(document: Document, fail_on: str | None, *, over: bool = False) -> str:
    """The XML. What fails the exit code fails a test case, and what cannot be told is skipped.

    `over`: as `failing` has it.
    """
    suites = Xml.Element("testsuites", name="logdiag")
    for service in document["services"]:
        suite = Xml.SubElement(
            suites, "testsuite", name=_clean(service["name"]),
            timestamp=document["generated_at"].removesuffix("Z"), time="0",
        )  # fmt: skip
        suite.extend(_cases(document, service, fail_on, over=over))
        _count(suite)
    _count(suites)
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _cases(
    document: Document, service: dict[str, Any], fail_on: str | None, *, over: bool
) -> Iterator[Xml.Element]:
    name = service["name"]
    telling = _case(name, "the log can tell")
    if service["verdict"] == "cannot_tell":
        _add(telling, "skipped", service["reason"])
    yield telling
    findings = [one for one in failing(document, fail_on, over=over) if one["service"] == name]
    if not findings and fail_on is not None:
        fires = "fired" if over else "fires"
        yield _case(name, f"no finding of level {fail_on} or worse {fires}")
    for finding in findings:
        group = ", ".join(f"{key} {value}" for key, value in finding["group"].items())
        case = _case(name, finding["rule"] + (f" ({group})" if group else ""), finding["evidence"])
        _add(case, "failure", finding["title"], finding["rule"], [finding_block(1, finding)])
        yield case
    for limit in document["limits"]:
        if limit["service"] == name:
            yield _limit(limit)
    lost = [one for one in document["sources"] if one["service"] == name and one["gaps"]]
    complete = _case(name, "the log is complete")
    if lost or document["problems"]:
        reason = " ".join(document["problems"]) or "Lines are missing."
        _add(complete, "error", reason, "incomplete")
    yield complete


def _limit(limit: dict[str, Any]) -> Xml.Element:
    allowed = "" if limit["name"] == "all-closed" else f" {limit['allowed']}"
    case = _case(limit["service"], limit["name"] + allowed, limit["evidence"][-1:])
    if limit["outcome"] == "broken":
        proof = [evidence_table(limit["evidence"])]
        _add(case, "failure", limit["reason"], limit["name"], proof)
    elif limit["outcome"] == "cannot_tell":
        _add(case, "skipped", limit["reason"])
    return case


def _case(service: str, name: str, lines: Sequence[dict[str, Any]] = ()) -> Xml.Element:
    case = Xml.Element(
        "testcase", classname=_clean(f"logdiag.{service}"), name=_clean(name), time="0"
    )
    if lines and lines[0]["line"]:
        case.set("file", _clean(lines[0]["source"]))
        case.set("line", str(lines[0]["line"]))
    return case


def _add(
    case: Xml.Element,
    outcome: str,
    message: str,
    kind: str = "",
    details: Sequence[RenderableType] = (),
) -> None:
    element = Xml.SubElement(case, outcome, message=_clean(message))
    if kind:
        element.set("type", _clean(kind))
    if details:
        text = rendered(details, _WIDTH)
        element.text = "\n" + "\n".join(map(_clean_line, text.splitlines())) + "\n"


def _count(element: Xml.Element) -> None:
    counted = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for attribute, tag in counted.items():
        element.set(attribute, str(sum(1 for _ in element.iter(tag))))


def _clean(text: str) -> str:
    return _clean_line(clipped(text))


def _clean_line(text: str) -> str:
    return _NOT_XML.sub("?", safe(text))
