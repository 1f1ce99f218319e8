"""docs/personal-data.md names every text that is kept, and whose it is. The archive of a person's
own data has every table."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from msgspec import Struct
from msgspec.structs import fields

from command_api.image.sqlite.encoding import VALUE_TYPES, KeyedAnswer
from contracts.values.personal import list_text_marks
from launcher.inventory.page import PAGE, renew
from launcher.inventory.stated import IMAGE
from launcher.inventory.texts import list_names
from projector.read_models.project import TABLES
from projector.read_models.read_model import TableShape
from query_api.my_data.rows import OWN_TABLES


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text()
    assert renew(page) == page, "make personal-data"


def test_every_text_in_the_image_of_a_command_process_is_stated_once() -> None:
    found: dict[str, list[str]] = {}
    for kind in structs_in((*VALUE_TYPES, *KeyedAnswer.__annotations__.values())):
        if names := [one.name for one in fields(kind) if holds_text(one.type)]:
            found[kind.__name__] = sorted(names)
    stated = {name: sorted(list_names(held)) for name, held in IMAGE.items()}
    assert stated == found, "state it in launcher/inventory/stated.py"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_is_in_the_archive_of_a_persons_own_data(table: TableShape) -> None:
    parts = [
        part.name for part in OWN_TABLES if re.search(rf"(FROM|JOIN) {table.name}\b", part.sql)
    ]
    assert parts, "select a person's rows of it in query_api/my_data/rows.py"


def structs_in(types: Iterator[Any] | tuple[Any, ...]) -> set[type[Struct]]:
    """Return the classes of which values of these types consist."""
    found: set[type[Struct]] = set()
    waiting = list(types)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, Struct) and kind not in found:
            found.add(kind)
            waiting.extend(field.type for field in fields(kind))
        waiting.extend(one for one in get_args(kind) if not isinstance(one, str))
    return found


def holds_text(annotation: Any) -> bool:
    """Whether a field of this type holds a text itself, not only in the values it consists of."""
    return not structs_in((annotation,)) and None in list_text_marks(annotation)
