"""The pages: shells without data, whose scripts ask the API."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, send_from_directory

from logdiag import __version__, resources

# page, URL, title
_PAGES = (
    ("overview", "/", "Overview"),
    ("timeline", "/timeline", "Leak timeline"),
    ("finding", "/finding", "Finding"),
    ("connection", "/connection", "Connection"),
    ("rules", "/rules", "Rules"),
    ("sources", "/sources", "Sources"),
)

_DAY = 86_400  # seconds

blueprint = Blueprint("pages", __name__)


def _add(page: str, url: str, title: str) -> None:
    def show() -> str:
        return render_template(
            "page.html", page=page, title=title, version=__version__,
            charts=resources.CHART_SCRIPTS,
        )  # fmt: skip

    blueprint.add_url_rule(url, page, show, provide_automatic_options=False)


for _page in _PAGES:
    _add(*_page)


@blueprint.get("/library/<name>", provide_automatic_options=False)
def library(name: str) -> Response:
    """One of the chart library's scripts; they change only with its version."""
    if name not in resources.CHART_SCRIPTS:
        abort(404)
    return send_from_directory(resources.charts_dir(), name, max_age=_DAY)
