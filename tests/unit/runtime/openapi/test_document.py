"""One document of all processes: what is united, what is refused, and that it is up to date."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from msgspec import Struct, defstruct
from starlette.responses import Response

from launcher.openapi import collect_documents, format_document, unite_documents
from launcher.profiles.gateway import upstream_of
from runtime.openapi.document import (
    Document,
    DocumentsDiffer,
    complete_document,
    merge,
    response_schema,
)
from tests.paths import API_DOCUMENT


def document(*, security: bool = True, **paths: dict[str, Any]) -> Document:
    return {
        "openapi": "3.1.0",
        "info": {"title": "one process", "version": "0"},
        "paths": {f"/{path}": operations for path, operations in paths.items()},
        "components": {"schemas": {"Shared": {"type": "object"}}},
        **({"security": [{"bearer": []}]} if security else {}),
    }


def operation(summary: str) -> dict[str, Any]:
    return {"summary": summary}


def test_methods_of_one_path_come_from_several_processes() -> None:
    reads = document(evening={"get": operation("read")}, b={}, a={})
    writes = document(evening={"put": operation("change")})
    whole = merge({"query_api": reads, "command_api": writes})
    assert set(whole["paths"]["/evening"]) == {"get", "put"}
    assert list(whole["paths"]) == ["/a", "/b", "/evening"]
    assert whole["components"] == {"schemas": {"Shared": {"type": "object"}}}


def test_a_process_without_tokens_stays_without_them() -> None:
    whole = merge(
        {
            "query_api": document(schedule={"get": operation("mine")}),
            "neighbours": document(security=False, movies={"get": operation("films")}),
        }
    )
    assert whole["paths"]["/schedule"]["get"]["security"] == [{"bearer": []}]
    assert whole["paths"]["/movies"]["get"]["security"] == []


def test_one_operation_in_two_processes_is_refused() -> None:
    documents = {
        "query_api": document(evening={"get": operation("read")}),
        "command_api": document(evening={"get": operation("something else")}),
    }
    with pytest.raises(DocumentsDiffer, match="command_api: /evening get"):
        merge(documents)


def test_one_name_for_two_shapes_is_refused() -> None:
    other = document()
    other["components"]["schemas"]["Shared"] = {"type": "string"}
    with pytest.raises(DocumentsDiffer, match="notifier: schemas Shared"):
        merge({"query_api": document(), "notifier": other})


class Reel(Struct):
    minutes: int


class Screening(Struct):
    reels: list[Reel]


class Nobodys(Struct):
    name: str


class Projectionist(Struct):
    """Shows films.

    Is in the dark."""


def test_a_document_defines_what_its_routes_answer_with_and_no_more() -> None:
    response_schema(Nobodys)
    app = FastAPI()
    complete_document(app)
    content = {"application/json": {"schema": response_schema(list[Screening])}}
    # Routes may come after: a process includes them when it starts.
    route = app.get("/screenings", response_class=Response, responses={200: {"content": content}})
    route(lambda: None)
    assert set(app.openapi()["components"]["schemas"]) == {"Screening", "Reel"}


def test_two_types_of_one_name_are_refused() -> None:
    response_schema(defstruct("Double", ["a"]))
    with pytest.raises(DocumentsDiffer, match="responses: Double"):
        response_schema(defstruct("Double", ["b"]))


def test_the_description_of_a_type_is_not_indented() -> None:
    """Markdown would take an indented paragraph for code."""
    app = FastAPI()
    complete_document(app)
    content = {"application/json": {"schema": response_schema(Projectionist)}}
    route = app.get("/staff", response_class=Response, responses={200: {"content": content}})
    route(lambda: None)
    described = app.openapi()["components"]["schemas"]["Projectionist"]["description"]
    assert described == "Shows films.\n\nIs in the dark."


async def test_the_published_document_is_what_the_processes_serve() -> None:
    assert API_DOCUMENT.read_text() == format_document(await unite_documents()), (
        "run `make openapi`"
    )


async def test_every_documented_operation_is_led_to_the_process_that_serves_it() -> None:
    for process, one in (await collect_documents()).items():
        for path, operations in one["paths"].items():
            asked = re.sub(r"{\w+}", "1", path)
            for method in operations:
                assert upstream_of(method.upper(), asked) == process, (method, path)


async def test_every_reference_leads_to_a_component() -> None:
    text = format_document(await unite_documents())
    defined = (await unite_documents())["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= set(defined)
