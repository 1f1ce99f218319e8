"""Response schemas of msgspec types in the OpenAPI document that FastAPI makes."""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI

_REF = "#/components/schemas/{name}"


def response_schema(response: Any) -> dict[str, Any]:
    """A schema that refers to the components which `describe` adds to the document."""
    (schema,), _ = msgspec.json.schema_components([response], ref_template=_REF)
    return schema


def describe(app: FastAPI, responses: Sequence[Any]) -> None:
    """Have the document of `app` define `responses` and whatever they contain."""
    _, components = msgspec.json.schema_components(responses, ref_template=_REF)
    plain_openapi = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain_openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(components)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
