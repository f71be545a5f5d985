"""The report as one HTML file: templates, styles, scripts and data in one, opened without us.

Its policy lets exactly its own scripts run, by their hashes, and reach nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from logdiag import resources
from logdiag.engines.settings import Settings
from logdiag.faces.document import Document
from logdiag.faces.web.answers.asked import Context
from logdiag.faces.web.answers.findings import finding
from logdiag.faces.web.answers.lanes import lanes
from logdiag.faces.web.answers.live import live
from logdiag.faces.web.modules import bundle, styles
from logdiag.timeline import Reader

MOST_FINDINGS = 100  # told whole: each has its lines and what stands around them
MOST_LANES = 50  # of each service
WIDTH = 600  # intervals of a chart


def render(reader: Reader, document: Document) -> str:
    """The report's document as a page that shows it, with charts, lanes and evidence.

    `reader`: of the timeline that the document tells of.
    """
    context = Context(reader, Settings(), time.time_ns())
    static = resources.web_dir() / "static"
    scripts = [
        (resources.charts_dir() / name).read_text("utf-8") for name in resources.CHART_SCRIPTS
    ]
    own = bundle(static / "report.js")
    environment = Environment(
        loader=FileSystemLoader(resources.web_dir() / "templates"), autoescape=True
    )
    return environment.get_template("report.html").render(
        policy=_policy([*scripts, own]),
        styles=styles(),
        answers=Markup(_inert(_answers(context, document))),
        libraries=[Markup(script) for script in scripts],
        script=Markup(own),
    )


def _answers(context: Context, document: Document) -> dict[str, Any]:
    """What the page's parts would have asked the API for."""
    return {
        "report": document,
        "services": {one["name"]: _service(context, document, one) for one in document["services"]},
        "findings": [
            {**finding(context, one["service"], one["fingerprint"]), "finding": one}
            for one in document["findings"][:MOST_FINDINGS]
        ],
    }


def _service(context: Context, document: Document, service: dict[str, Any]) -> dict[str, Any]:
    begin, end = (_axis_number(service, document[key]) for key in ("since", "until"))
    name = service["name"]
    return {
        "live": live(context, name, begin, end, WIDTH),
        "lanes": lanes(context, name, begin=begin, end=end, size=MOST_LANES),
        "statistics": service["statistics"],
    }


def _axis_number(service: dict[str, Any], moment: str | None) -> int | None:
    """A bound of the period, ms; None for a service without a clock, which is told whole."""
    if moment is None or service["clock"] != "event":
        return None
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def _inert(value: Any) -> str:
    """JSON that no HTML parser takes for anything else, whatever texts it holds."""
    return json.dumps(value).replace("<", "\\u003c").replace("&", "\\u0026")


def _policy(scripts: list[str]) -> str:
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()) for script in scripts)
    allowed = " ".join(f"'sha256-{digest.decode()}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
