"""Asking the page about timelines filled by hand or read from the samples."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import Client, TestResponse

from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Settings
from logdiag.faces.web import openapi
from logdiag.faces.web.app import create_app
from logdiag.faces.web.security import Access
from tests.faces.filled import SAMPLES

API = "/api/v1"


def client(db: Path, access: Access | None = None) -> Client:
    """A browser without cookies, on this machine."""
    return create_app(db, access=access).test_client()


def read_samples(db: Path, *names: str) -> Path:
    """A database into which some sample logs were read."""
    ingest([str(SAMPLES / name) for name in names], db, Settings())
    return db


def told(asked: Client, path: str, **query: Any) -> Any:
    """What an endpoint says; it must say it without complaint, and as it is described."""
    response = asked.get(API + path, query_string=query)
    assert 200 == response.status_code, response.text
    assert [] == invalid(path.strip("/"), response.json)
    return response.json


def refused(response: TestResponse) -> tuple[int, str]:
    """The status and words of a problem."""
    assert "application/problem+json" == response.content_type
    body: dict[str, Any] = response.json or {}
    assert {"type", "title", "status", "detail", "hint"} == set(body)
    return body["status"], body["detail"]


@cache
def _validator(endpoint: str) -> Draft202012Validator:
    described = openapi.description()
    answer = described["paths"][f"/{endpoint}"]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    return Draft202012Validator(
        {**schema, "components": described["components"]}, format_checker=FormatChecker()
    )


def invalid(endpoint: str, answer: Any) -> list[str]:
    """What the description has against an answer of an endpoint."""
    errors = _validator(endpoint).iter_errors(answer)
    return [f"{error.json_path}: {error.message}" for error in errors]
