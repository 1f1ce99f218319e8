"""The AsyncAPI document describes the journal as it is."""

import json
from typing import Any

import jsonschema_rs
import pytest

from contracts.events.stored.codec import decode_event
from launcher.documents.asyncapi import FILE, build_asyncapi, render
from launcher.documents.events import EVENTS
from tests.paths import ROOT

SAMPLES = sorted((ROOT / "tests" / "contract" / "samples").glob("*.json"))


def schema_of(name: str) -> dict[str, Any]:
    """Return a schema with everything that it refers to."""
    return {"$ref": f"#/components/schemas/{name}", "components": build_asyncapi()["components"]}


def test_the_document_is_up_to_date() -> None:
    assert FILE.read_text() == render(), "make asyncapi"


def test_every_reference_leads_somewhere() -> None:
    document = build_asyncapi()
    places = {part.split('"')[0] for part in json.dumps(document).split('"$ref": "#/')[1:]}
    assert places
    for place in places:
        found: Any = document
        for name in place.split("/"):
            found = found[name]


def test_every_event_is_described() -> None:
    schemas = build_asyncapi()["components"]["schemas"]
    assert {event.__name__ for event in EVENTS} <= set(schemas)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_recorded_event_fits_its_schema(path: Any) -> None:
    event = decode_event(path.read_bytes())
    jsonschema_rs.validate(schema_of(type(event).__name__), json.loads(path.read_text()))


def test_a_schema_refuses_what_is_no_such_event() -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(schema_of("PostWritten"), {"type": "post.written.v1"})
