"""Completes the OpenAPI document that FastAPI makes of our routes, and merges documents.

Our routes take the bare request, so FastAPI does not see their path parameters. They answer
with msgspec types, which FastAPI does not know.
"""

import re
from collections.abc import Mapping
from functools import cache
from inspect import cleandoc
from typing import Any, Final

import msgspec
from fastapi import FastAPI

Document = dict[str, Any]
"""An OpenAPI document."""

TITLE: Final = "PRACTIX watch it together"
_REF: Final = "#/components/schemas/{name}"
_PLACEHOLDER: Final = re.compile(r"{(\w+)}")
METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
"""Keys of a path in the document that are operations."""
_REFERENCE: Final = re.compile(_REF.format(name='([^"]+)'))
_BEARER: Final = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}

_components: Final[dict[str, Any]] = {}
"""The schema of each type that `response_schema` has met, by name. Types do not change while
a program runs, so one table serves every app."""


@cache
def response_schema(response: Any) -> dict[str, Any]:
    """Return the schema of a response, the same object each time. It refers to components, which
    `complete_document` adds to the document. Raises DocumentsDiffer if two types have one name."""
    (schema,), components = msgspec.json.schema_components([response], ref_template=_REF)
    for component in components.values():
        if "description" in component:  # A docstring, as it is indented in the source.
            component["description"] = cleandoc(component["description"])
    _unite(_components, components, "responses:")
    return schema


def complete_document(app: FastAPI) -> None:
    """Make the document of `app` define the components that it refers to, the path parameters
    of every route, and the token that all routes take."""
    plain_openapi = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain_openapi()
        defined = document.setdefault("components", {})
        defined.setdefault("schemas", {}).update(_find_components(document["paths"]))
        defined["securitySchemes"] = {"bearer": _BEARER}
        document["security"] = [{"bearer": []}]
        for path, operations in document["paths"].items():
            for method in METHODS & operations.keys():
                _declare_placeholders(path, operations[method])
        return document

    app.openapi = openapi  # type: ignore[method-assign]


class DocumentsDiffer(ValueError):
    """Two processes define one name differently."""


def merge(documents: Mapping[str, Document]) -> Document:
    """Merge the documents of all processes (at least one) into one, sorted by name.

    Raises DocumentsDiffer if two define the same operation or component differently.
    """
    paths: dict[str, dict[str, Any]] = {}
    components: dict[str, dict[str, Any]] = {}
    for process, document in documents.items():
        protected = document.get("security", [])
        for path, operations in document["paths"].items():
            secured = {
                method: {"security": protected, **operation}
                for method, operation in operations.items()
            }
            _unite(paths.setdefault(path, {}), secured, f"{process}: {path}")
        for kind, defined in document.get("components", {}).items():
            _unite(components.setdefault(kind, {}), defined, f"{process}: {kind}")
    return {
        "openapi": next(iter(documents.values()))["openapi"],
        "info": {"title": TITLE, "version": "1"},
        "paths": _sort_by_name(paths),
        "components": _sort_by_name(components),
    }


def _unite(whole: dict[str, Any], part: Mapping[str, Any], where: str) -> None:
    for name, defined in part.items():
        if whole.setdefault(name, defined) != defined:
            raise DocumentsDiffer(f"{where} {name} is defined in two ways")


def _sort_by_name(named: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: dict(sorted(named[name].items())) for name in sorted(named)}


def _find_components(paths: Any) -> dict[str, Any]:
    """Return the components that `paths` refers to, itself or through one of them."""
    found: dict[str, Any] = {}
    unread = [paths]
    while unread:
        for name in _REFERENCE.findall(msgspec.json.encode(unread.pop()).decode()):
            if name in _components and name not in found:
                found[name] = _components[name]
                unread.append(found[name])
    return found


def _declare_placeholders(path: str, operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])
    declared = {one["name"] for one in parameters if one.get("in") == "path"}
    for name in _PLACEHOLDER.findall(path):
        if name not in declared:
            schema = {"type": "string"}
            parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
