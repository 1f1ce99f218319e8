"""Describes the journal as an AsyncAPI document, from the code (`make asyncapi`).

Whoever reads the topic with a program of their own goes by it. Which records count is in
docs/architecture.md: no schema can say that.
"""

import json
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from contracts.journal.records import RECORD_BYTES_MAX, Record
from launcher.documents.events import EVENTS, first_sentence, name_of

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "asyncapi.json"
RECORDS: Final[tuple[type[msgspec.Struct], ...]] = get_args(Record)
TOPIC: Final = "practix.journal"
_REFERENCE: Final = "#/components/schemas/{name}"


def build_asyncapi() -> dict[str, Any]:
    """Return the whole document (AsyncAPI 3.0)."""
    messages = {kind.__name__: _describe_record(kind) for kind in RECORDS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "PRACTIX journal",
            "version": "1",
            "description": "The one sequence of records of a cell. Every field is storage format: "
            "shapes only grow, and a new version of an event has a name of its own. A record "
            "counts only if the rules R1 to R4 of docs/architecture.md accept it.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "journal": {
                "address": TOPIC,
                "title": "The journal",
                "description": "One topic with one partition, kept for ever, not compacted. After "
                "a renewal the address has the number of the generation behind it.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"kafka": {"partitions": 1, "topicConfiguration": _TOPIC}},
            }
        },
        "operations": {
            "follow": {
                "action": "receive",
                "channel": {"$ref": "#/channels/journal"},
                "summary": "Every reader folds all records, from the first one on.",
            },
            "append": {
                "action": "send",
                "channel": {"$ref": "#/channels/journal"},
                "summary": "Only the leader of the cell appends.",
            },
        },
        "components": {"messages": messages, "schemas": _build_schemas()},
    }


_TOPIC: Final = {
    "cleanup.policy": ["delete"],
    "retention.ms": -1,
    "max.message.bytes": 1_048_576,
}


def render() -> str:
    """Return the document as text."""
    return json.dumps(build_asyncapi(), indent=2, ensure_ascii=False) + "\n"


def _describe_record(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": str(kind.__struct_config__.tag),
        "title": kind.__name__,
        "summary": first_sentence(kind),
        "payload": {"$ref": _REFERENCE.format(name=kind.__name__)},
    }


def _build_schemas() -> dict[str, Any]:
    """Return the schemas of all records and events. A Commit holds events as they are stored."""
    _, schemas = msgspec.json.schema_components(
        [*RECORDS, *EVENTS], ref_template=_REFERENCE, schema_hook=_describe_raw
    )
    commit = schemas["Commit"]["properties"]["events"]
    references = [{"$ref": _REFERENCE.format(name=event.__name__)} for event in EVENTS]
    commit["items"] = {
        "oneOf": references,
        "discriminator": "type",
        "description": "Earlier versions of events may occur as well.",
    }
    for event in EVENTS:
        schemas[event.__name__]["title"] = name_of(event)
    schemas["Commit"]["description"] += f"\n\nAt most {RECORD_BYTES_MAX} bytes."
    return dict(sorted(schemas.items()))


def _describe_raw(_kind: type) -> dict[str, Any]:
    return {"type": "object"}


def main() -> None:
    FILE.write_text(render())


if __name__ == "__main__":
    main()
