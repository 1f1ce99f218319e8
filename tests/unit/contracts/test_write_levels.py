"""Every event has the level with which it may be written, and nothing newer is."""

import json
from typing import Any, Final, get_args

import msgspec
import pytest

from contracts.errors import NotEnabledYet
from contracts.events.post import PostDeleted
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId, PersonId, PostId
from contracts.write_levels import FIELDS, NEWEST, READ_BY_ALL, TYPES, demand_level
from tests.paths import ROOT

FIRST_FIELDS: Final[dict[str, list[str]]] = json.loads(
    (ROOT / "tests/contract/first_fields.json").read_text()
)
"""The fields that each type had from the beginning. A new type gets a line; a later field does
not, but a level."""
EVENTS: Final[dict[str, Any]] = {
    str(event.__struct_config__.tag): event for event in get_args(DomainEvent)
}
DELETED: Final = PostDeleted(
    announcement_id=AnnouncementId("a"), post_id=PostId("p"), writer_id=PersonId("w"), by="host"
)


def test_every_type_has_a_level() -> None:
    assert set(TYPES) == set(EVENTS)


def test_every_field_was_there_from_the_beginning_or_has_a_level() -> None:
    assert set(FIRST_FIELDS) == set(EVENTS)
    for name, event in EVENTS.items():
        first = set(FIRST_FIELDS[name])
        later = {field for of, field in FIELDS if of == name}
        assert not first & later, name
        assert set(event.__struct_fields__) == first | later, name


def test_a_later_field_is_later_than_its_type_and_may_be_absent() -> None:
    for (name, field), level in FIELDS.items():
        assert level > TYPES[name]
        defaults = {one.name: one.default for one in msgspec.structs.fields(EVENTS[name])}
        assert defaults[field] is not msgspec.NODEFAULT


def test_levels_have_no_gaps() -> None:
    assert {*TYPES.values(), *FIELDS.values()} == set(range(1, NEWEST + 1))
    assert READ_BY_ALL in (NEWEST - 1, NEWEST)


def test_the_compose_file_writes_what_two_releases_can_read() -> None:
    assert f"${{WRITE_LEVEL:-{READ_BY_ALL}}}" in (ROOT / "docker-compose.yml").read_text()


def test_a_type_is_written_from_its_level_on() -> None:
    types = {"post.deleted.v1": 3}
    with pytest.raises(NotEnabledYet) as refused:
        demand_level([DELETED], 2, types)
    assert refused.value.facts == {"write_level": 2, "needed_level": 3}
    demand_level([DELETED], 3, types)
    demand_level([], 1, types)


def test_a_type_without_a_level_is_never_written() -> None:
    with pytest.raises(NotEnabledYet):
        demand_level([DELETED], 1_000, {})


def test_a_later_field_is_written_from_its_level_on() -> None:
    class Deleted(PostDeleted, frozen=True, kw_only=True, tag="post.deleted.v1"):
        why: str = ""

    bare = Deleted(**msgspec.structs.asdict(DELETED))
    types, fields = {"post.deleted.v1": 1}, {("post.deleted.v1", "why"): 2}
    demand_level([bare], 1, types, fields)
    with pytest.raises(NotEnabledYet):
        demand_level([msgspec.structs.replace(bare, why="spam")], 1, types, fields)
    demand_level([msgspec.structs.replace(bare, why="spam")], 2, types, fields)
