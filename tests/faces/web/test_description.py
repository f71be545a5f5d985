"""The description of the API is true, and docs/web.md tells it; --update-golden writes it anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator
from werkzeug.test import Client

from logdiag.faces.web import openapi
from logdiag.faces.web.app import create_app
from tests.faces.filled import ROOT
from tests.faces.web.asking import client, read_samples

PAGE = ROOT / "docs" / "web.md"
MARK = "<!-- Written by tests/faces/web/test_description.py from the endpoints; see there. -->\n"
EXAMPLES = 40  # requests made up for each endpoint
DESCRIPTION = openapi.description()


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A timeline with a clock and one without."""
    path = tmp_path_factory.mktemp("db") / "timeline.db"
    return read_samples(path, "node-leaky.log", "seed.log")


def test_the_api_hands_out_its_description(db: Path) -> None:
    """What is served is what is described here, in JSON."""
    assert DESCRIPTION == client(db).get("/api/v1/openapi.json").json


def test_every_schema_is_one() -> None:
    """Each answer's schema is a JSON Schema, and whatever it refers to is there."""
    schemas = DESCRIPTION["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert set() == set(_references(DESCRIPTION)) - set(schemas)


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"].rpartition("/")[2]] if isinstance(node.get("$ref"), str) else []
        return own + [name for value in node.values() for name in _references(value)]
    return [name for value in node for name in _references(value)] if isinstance(node, list) else []


def test_every_route_is_described(db: Path) -> None:
    """The application has no endpoint that the description does not name, nor the reverse."""
    rules = create_app(db).url_map.iter_rules()
    routes = {rule.rule.removeprefix("/api/v1") for rule in rules if rule.rule.startswith("/api")}
    assert routes == {*DESCRIPTION["paths"], "/openapi.json"}


def test_the_page_tells_every_endpoint(golden: Callable[[str, str], None]) -> None:
    """docs/web.md ends with a table of them."""
    rows = ["| under `/api/v1` | parameters | |", "|---|---|---|"]
    for path, methods in DESCRIPTION["paths"].items():
        names = ", ".join(f"`{one['name']}`" for one in methods["get"]["parameters"])
        rows.append(f"| `{path}` | {names} | {methods['get']['summary']} |")
    text = PAGE.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n"
    golden(str(PAGE), text + "\n".join(rows) + "\n")


# Requests made up from the description: right ones, wrong ones, and far-fetched ones


def _about(services: list[str]) -> dict[str, Any]:
    """The description, with the services there are: names made up would all be missing ones."""
    told: dict[str, Any] = openapi.description()
    for methods in told["paths"].values():
        for one in methods["get"]["parameters"]:
            if one["name"] == "service":
                one["schema"] = {"type": "string", "enum": services}
    return told


_SCHEMA = schemathesis.openapi.from_dict(_about(["node-leaky", "seed", "nobody"]))


@pytest.fixture(scope="module")
def page(db: Path) -> Client:
    """The page about the timeline."""
    return client(db)


@_SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
    phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_no_request_breaks_it(case: Any, page: Client) -> None:
    """Whatever is asked: no 5xx, an answer as described, problems told as problems."""
    response = page.get("/api/v1" + case.path, query_string=case.query or {})
    known = DESCRIPTION["paths"][case.path]["get"]["responses"]
    assert str(response.status_code) in set(known) - {"503"}, response.text
    content = known[str(response.status_code)].get("content", {})
    assert response.content_type in content
    schema = {**content[response.content_type]["schema"], "components": DESCRIPTION["components"]}
    assert [] == [error.message for error in Draft202012Validator(schema).iter_errors(
        json.loads(response.text))]  # fmt: skip
