"""The JSON API under `/api/v1`: checks the parameters, asks, and says when nothing is new."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from logdiag import __version__
from logdiag.engines.settings import Settings
from logdiag.faces.web import openapi
from logdiag.faces.web.answers.asked import Context, Document
from logdiag.faces.web.database import Database
from logdiag.faces.web.endpoints import ENDPOINTS, Endpoint
from logdiag.faces.web.memory import Memory
from logdiag.faces.web.parameters import arguments
from logdiag.timeline.dump import iso

URL = "/api/v1"
_TICK = 5  # seconds for which an answer that changes with time alone is new


def blueprint(database: Database, settings: Settings) -> Blueprint:
    """All endpoints, about one database."""
    routes = Blueprint("api", __name__, url_prefix=URL)

    def add(name: str, view: Callable[[], BaseResponse]) -> None:
        routes.add_url_rule(
            f"/{name}", name.partition(".")[0], view, provide_automatic_options=False
        )

    memory = Memory()
    for endpoint in ENDPOINTS:
        add(endpoint.name, _view(endpoint, database, settings, memory))
    add("status", lambda: _status(database))
    add("openapi.json", lambda: _answer(openapi.TEXT, __version__))
    return routes


def _view(
    endpoint: Endpoint, database: Database, settings: Settings, memory: Memory
) -> Callable[[], BaseResponse]:
    def view() -> BaseResponse:
        known = arguments(endpoint.parameters, request.args.to_dict(flat=False))
        now = time.time_ns()
        # asked for first: what is committed meanwhile will be told once more, never missed
        version = database.version()
        if endpoint.clock:
            version += f"-{now // 1_000_000_000 // _TICK}"
        if version in request.if_none_match:
            return _answer("", version)

        def make() -> str:
            with database.reader() as reader:
                told = endpoint.answer(Context(reader, settings, now), **known)
            return _text(_with_next(endpoint, told))

        if endpoint.slow:
            return _answer(*memory.get_slow(request.full_path, version, make))
        return _answer(*memory.get(request.full_path, version, make, search="q" in known))

    return view


def _with_next(endpoint: Endpoint, told: Document) -> Document:
    """What has pages gets the address of the next one in place of the word that there is one."""
    if "more" not in told:
        return told
    query = {**request.args.to_dict(), "page": told["page"] + 1}
    more = f"{URL}/{endpoint.name}?{urlencode(query)}" if told["more"] else None
    return {"next" if key == "more" else key: more if key == "more" else value
            for key, value in told.items()}  # fmt: skip


def _status(database: Database) -> BaseResponse:
    arguments((), request.args.to_dict(flat=False))
    version = database.version()
    if version in request.if_none_match:
        return _answer("", version)
    writer = database.writer()
    with database.reader() as reader:
        services = reader.services()
    told = {
        "version": version, "tool": f"logdiag {__version__}", "database": database.path.name,
        "writer": {
            "alive": bool(writer and writer.alive), "lost": bool(writer and not writer.alive),
            "pid": writer.process if writer else None,
        },
        "changed_at": iso(_changed(database.path)), "services": services,
    }  # fmt: skip
    return _answer(_text(told), version)


def _changed(path: Path) -> int:
    """When the database was last written, ns."""
    files = (path, path.with_name(path.name + "-wal"))
    return max(file.stat().st_mtime_ns for file in files if file.exists())


def _text(told: Any) -> str:
    return json.dumps(told, separators=(",", ":"))


def _answer(text: str, version: str) -> BaseResponse:
    response = Response(text, content_type="application/json")
    response.set_etag(version)
    return response.make_conditional(request)
