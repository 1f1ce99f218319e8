"""Writes the generated part of docs/personal-data.md (`make personal-data`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from launcher.inventory.events import list_event_texts
from launcher.inventory.places import PLACES
from launcher.inventory.stated import HISTORY, IMAGE, NOTIFIER, STAND_IN
from launcher.inventory.tables import list_table_texts
from launcher.inventory.texts import Inventory

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "personal-data.md"
BEGIN: Final = "<!-- inventory: begin -->\n"
END: Final = "<!-- inventory: end -->\n"


def renew(page: str) -> str:
    """Return the page with its generated part made anew."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    lines = "\n".join(_list_lines())
    return f"{before}{BEGIN}{lines}\n{END}{after}"


def _list_lines() -> Iterator[str]:
    yield from ("### Places", "", "| place | holds | how long | why | goes on to |")
    yield "|---|---|---|---|---|"
    yield from (f"| {' | '.join(place)} |" for place in PLACES)
    for heading, name, inventory in (
        ("Events in the journal", "event", list_event_texts()),
        ("Read models in PostgreSQL", "table", list_table_texts()),
        ("The notifier in PostgreSQL", "table", NOTIFIER),
        ("History and analysts in ClickHouse", "table", HISTORY),
        ("The image of a command process", "value", IMAGE),
        ("The stand-in", "table", STAND_IN),
    ):
        yield from ("", f"### {heading}", "", *_list_rows(name, inventory))


def _list_rows(name: str, inventory: Inventory) -> Iterator[str]:
    yield f"| {name} | texts | whose | once erased |"
    yield "|---|---|---|---|"
    for place, held in inventory.items():
        for one in held:
            shown = ", ".join(f"`{text}`" for text in one.names)
            yield f"| `{place}` | {shown} | {one.whose} | {one.once_erased} |"


def main() -> None:
    PAGE.write_text(renew(PAGE.read_text()))


if __name__ == "__main__":
    main()
