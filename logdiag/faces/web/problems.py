"""What goes wrong, told to programs as RFC 9457 problem details and to people as a page."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from logdiag import __version__
from logdiag.errors import LogdiagError, UsageError
from logdiag.faces.web.answers.asked import MissingError
from logdiag.faces.web.memory import BusyError
from logdiag.faces.web.modules import styles

API = "/api/"
_HINTS = {
    401: "Open the address that `logdiag web` printed; it carries the token.",
    404: "Begin at the overview.",
    405: "This page is for reading only: use GET.",
    421: "Call it by its IP address, or start it with `--allow-host NAME`.",
}


def tell(app: Flask) -> None:
    """Answer errors in words. What nobody foresaw stays a 500, and its trace in the log."""

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = error.code or 500
        return _answer(status, error.description or "", _HINTS.get(status, ""))

    @app.errorhandler(BusyError)
    def busy(error: BusyError) -> Response:
        response = _answer(503, "Other numbers are just being worked out.", "Ask again.")
        response.headers["Retry-After"] = "2"
        return response

    @app.errorhandler(LogdiagError)
    def told(error: LogdiagError) -> Response:
        return _answer(_status_of(error), error.message, error.hint)


def _status_of(error: LogdiagError) -> int:
    if isinstance(error, MissingError):
        return 404
    return 400 if isinstance(error, UsageError) else 503


def _answer(status: int, detail: str, hint: str) -> Response:
    problem = {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status,
        "detail": detail, "hint": hint,
    }  # fmt: skip
    if request.path.startswith(API):
        return _as_json(problem)
    page = render_template(
        "problem.html", page="problem", title=problem["title"], problem=problem,
        version=__version__, styles=styles(),
    )  # fmt: skip
    return Response(page, status)


def _as_json(problem: dict[str, Any]) -> Response:
    text = json.dumps(problem)
    return Response(text, problem["status"], content_type="application/problem+json")
