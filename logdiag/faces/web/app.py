"""The application factory."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from logdiag import resources
from logdiag.engines.settings import Settings
from logdiag.faces.web import api, pages, problems, security
from logdiag.faces.web.database import Database
from logdiag.faces.web.security import Access


def create_app(db: Path, settings: Settings | None = None, access: Access | None = None) -> Flask:
    """The page about the timeline at `db`, which need not exist yet.

    `settings` tell which rules and formats are loaded; `access` who may see it.
    """
    folder = resources.web_dir()
    app = Flask(
        "logdiag", template_folder=folder / "templates", static_folder=folder / "static",
        static_url_path="/static",
    )  # fmt: skip
    app.config["MAX_CONTENT_LENGTH"] = 0  # nothing is ever sent here
    app.json.sort_keys = False  # type: ignore[attr-defined]
    security.protect(app, access or Access())
    problems.tell(app)
    database = Database(db)
    app.register_blueprint(pages.blueprint(database))
    app.register_blueprint(api.blueprint(database, settings or Settings()))
    return app
