"""The JSON API under `/api/v1`."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response as BaseResponse

from logdiag import __version__
from logdiag.engines.settings import Settings
from logdiag.faces.web.database import Database
from logdiag.timeline.dump import iso


def blueprint(database: Database, settings: Settings) -> Blueprint:
    """All endpoints, about one database."""
    routes = Blueprint("api", __name__, url_prefix="/api/v1")

    @routes.get("/status", provide_automatic_options=False)
    def status() -> BaseResponse:
        version = database.version()
        writer = database.writer()
        with database.reader() as reader:
            services = reader.services()
        response = jsonify(
            version=version, tool=f"logdiag {__version__}", database=database.path.name,
            writer={"alive": writer is not None, "pid": writer},
            changed_at=iso(_changed(database.path)), services=services,
        )  # fmt: skip
        response.set_etag(version)
        return response.make_conditional(request)

    return routes


def _changed(path: Path) -> int:
    """When the database was last written, ns."""
    files = (path, path.with_name(path.name + "-wal"))
    return max(file.stat().st_mtime_ns for file in files if file.exists())
