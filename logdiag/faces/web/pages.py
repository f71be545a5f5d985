"""The pages: shells without data, whose scripts ask the API."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from logdiag import __version__

# page, URL, title
_PAGES = (
    ("overview", "/", "Overview"),
    ("timeline", "/timeline", "Leak timeline"),
    ("finding", "/finding", "Finding"),
    ("connection", "/connection", "Connection"),
    ("rules", "/rules", "Rules"),
    ("sources", "/sources", "Sources"),
)

blueprint = Blueprint("pages", __name__)


def _add(page: str, url: str, title: str) -> None:
    def show() -> str:
        return render_template(
            f"{page}.html", page=page, title=title, version=__version__,
            query=request.args.to_dict(),
        )  # fmt: skip

    blueprint.add_url_rule(url, page, show, provide_automatic_options=False)


for _page in _PAGES:
    _add(*_page)
