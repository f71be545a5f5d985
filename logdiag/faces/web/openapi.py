"""The OpenAPI description, made from the endpoints and the schemas of their answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from logdiag import __version__
from logdiag.faces import document
from logdiag.faces.web.endpoints import ENDPOINTS, Endpoint
from logdiag.faces.web.parameters import Parameter

_SCHEMAS = Path(__file__).with_name("answers.schema.json")
_PROBLEM = {
    "description": "What is wrong, and what to try (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
}
_UNCHANGED = {"description": "Nothing has changed since the answer of this ETag."}
_STATUS = Endpoint("status", "status", lambda: {}, ())


def description() -> dict[str, Any]:
    """The whole of it, as OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "logdiag", "version": __version__,
            "description": "What a timeline of connections says. Reads only.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{}, {"cookie": []}, {"bearer": []}],
        "paths": {f"/{one.name}": {"get": _operation(one)} for one in (_STATUS, *ENDPOINTS)},
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "logdiag"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }  # fmt: skip


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    answer = schemas()[endpoint.gives]
    return {
        "operationId": endpoint.name,
        "summary": answer["description"],
        "parameters": [_parameter(one) for one in endpoint.parameters],
        "responses": {
            "200": {
                "description": answer["description"],
                "headers": {"ETag": {"schema": {"type": "string"}}},
                "content": {
                    "application/json": {
                        "schema": {"$ref": f"#/components/schemas/{endpoint.gives}"}
                    }
                },
            },
            "304": _UNCHANGED, "400": _PROBLEM, "401": _PROBLEM, "404": _PROBLEM,
            "421": _PROBLEM, "503": _PROBLEM,
        },
    }  # fmt: skip


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name, "in": "query", "required": one.required, "schema": dict(one.schema),
        "description": one.description,
    }  # fmt: skip


def schemas() -> dict[str, Any]:
    """All schemas by name: the answers' own, and the report's with what it is made of."""
    own: dict[str, Any] = json.loads(_SCHEMAS.read_text(encoding="utf-8"))
    report = json.loads(document.schema().replace("#/$defs/", "#/components/schemas/report_"))
    parts = report.pop("$defs")
    report.pop("$schema")
    source, known = own["source"], parts["source"]  # a source here is the report's, and more
    source["properties"] = {**known["properties"], **source["properties"]}
    source["required"] = list(source["properties"])
    return {**own, "report": report, **{f"report_{name}": part for name, part in parts.items()}}


TEXT = json.dumps(description(), indent=1)
