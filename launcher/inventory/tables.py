"""Lists the texts in PostgreSQL: those of read models by what their tables state, others here."""

from collections.abc import Iterator
from typing import Final

from launcher.inventory.events import WHOSE
from launcher.inventory.texts import NOBODY, Inventory, Texts, describe_erased, texts
from projector.read_models.project import TABLES
from projector.read_models.read_model import TableShape
from runtime.postgres.pools import READ_MODEL

OTHER_TEXTS: Final[Inventory] = {
    "access.dropped_events": (
        texts("type key", NOBODY),
        texts("signed_by", "an operator, who answers for the act"),
    ),
    "access.operator_acts": (
        texts("signed_by", "an operator, who answers for the act"),
        texts("act subject before after", NOBODY),
    ),
    "access.saved_questions": (
        texts("name title description sql parameters plot", "an analyst, whom it does not name"),
    ),
    "access.uses_of_history": (
        texts("signed_by why sql", "an investigator, who answers for the act"),
    ),
    "public.read_models": (texts("shape schema_name", NOBODY),),
    "public.schema_migrations": (texts("name sha256", NOBODY),),
    "read_model.announcements": (
        texts("words location_words", "the person in `author_id`", "made anew from the row"),
    ),
    "read_model.dead_letters": (
        texts("payload reason", "whoever gave the command or is meant by it", "`[erased]`"),
        texts("request_id", "whoever gave the command or is meant by it", "absent"),
        texts("type key", NOBODY),
    ),
    "read_model.indexes_aside": (texts("name definition", NOBODY),),
    "read_model.posts": (texts("words", "the person in `writer_id`", "made anew from the row"),),
    "read_model.reader_position": (texts("reader hash nonce", NOBODY),),
    "read_model.score_formula": (texts("formula", NOBODY),),
}
"""The columns that no read model states: what PostgreSQL computes, and tables beside them."""


def list_table_texts() -> Inventory:
    """Return the texts of each table that has any, by its name with the schema."""
    found = dict(OTHER_TEXTS)
    for table in TABLES:
        name = f"{READ_MODEL}.{table.name}"
        found[name] = (*_list_texts(table), *found.get(name, ()))
    return {name: held for name, held in sorted(found.items()) if held}


def _list_texts(table: TableShape) -> Iterator[Texts]:
    for words in table.words:
        grouped: dict[str, list[str]] = {}
        for name, instead in words.erased.items():
            if table.types[name] != "uuid":
                grouped.setdefault(describe_erased(instead), []).append(name)
        for once_erased, names in grouped.items():
            yield Texts(tuple(names), f"the person in `{words.owner}`", once_erased)
    kept: dict[str, list[str]] = {}
    for name, owner in table.kept.items():
        kept.setdefault(WHOSE[owner], []).append(name)
    if table.types[table.key] == "text":
        kept.setdefault(NOBODY, []).append(table.key)
    yield from (Texts(tuple(names), whose) for whose, names in kept.items())
