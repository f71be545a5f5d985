"""The pages: shells without data, whose scripts ask the API."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, render_template, request, send_from_directory
from werkzeug.wrappers import Response as BaseResponse

from logdiag import __version__, resources
from logdiag.errors import TimelineError
from logdiag.faces.web.database import Database
from logdiag.faces.web.modules import bundle

# page, URL, title
_PAGES = (
    ("overview", "/", "Overview"),
    ("timeline", "/timeline", "Leak timeline"),
    ("finding", "/finding", "Finding"),
    ("connection", "/connection", "Connection"),
    ("rules", "/rules", "Rules"),
    ("sources", "/sources", "Sources"),
)
_CHARTED = ("overview", "timeline")

_DAY = 86_400  # seconds


def blueprint(database: Database) -> Blueprint:
    """All pages, about one database."""
    made = Blueprint("pages", __name__)
    for page, url, title in _PAGES:
        made.add_url_rule(url, page, _shell(database, page, title), provide_automatic_options=False)
    made.add_url_rule("/script.js", "script", _script, provide_automatic_options=False)
    made.add_url_rule("/library/<name>", "library", _library, provide_automatic_options=False)
    return made


def _shell(database: Database, page: str, title: str) -> Callable[[], str]:
    def show() -> str:
        return render_template(
            "page.html", page=page, title=title, version=__version__, known=_known(database),
            charts=resources.CHART_SCRIPTS if page in _CHARTED else (),
        )  # fmt: skip

    return show


def _known(database: Database) -> str:
    """The version that what the page asks for first will be of, or of a later one."""
    try:
        return database.version()
    except TimelineError:  # the API will tell
        return ""


def _script() -> BaseResponse:
    """The modules that fill the pages."""
    text = bundle(resources.web_dir() / "static" / "main.js")
    response = Response(text, content_type="text/javascript; charset=utf-8")
    response.add_etag()
    return response.make_conditional(request)


def _library(name: str) -> Response:
    """One of the chart library's scripts; they change only with its version."""
    if name not in resources.CHART_SCRIPTS:
        abort(404)
    return send_from_directory(resources.charts_dir(), name, max_age=_DAY)
