"""Writes checkpoints whose people all have the same name: a number that counts up.

Prints each number once it is written, until killed.
"""

import asyncio
import sys
from pathlib import Path

from command_api.domain.person.state import Person
from command_api.image.image import Image
from command_api.image.sqlite.store import SqliteStore
from contracts.values.ids import PersonId
from runtime.journal.tail import START

PEOPLE = 200


async def write_for_ever(path: Path) -> None:
    store = SqliteStore(path)
    image = Image(store, await store.open())
    while True:
        image.seq += 1
        for number in range(PEOPLE):
            person = Person(id=PersonId(f"person-{number}"), name=str(image.seq))
            image.accepted.people.put(person.id, person)
        await store.write(image.freeze(START), at_leisure=False)
        image.settle()
        print(image.seq, flush=True)


if __name__ == "__main__":
    asyncio.run(write_for_ever(Path(sys.argv[1])))
