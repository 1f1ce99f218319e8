"""What a layer shows of the layers below it, and of a store."""

from command_api.domain.layer import COLLECTIONS, Layer
from command_api.domain.person.state import Person
from contracts.values.ids import PersonId

ANNA, BEN = PersonId("anna"), PersonId("ben")


def test_a_value_hides_those_below() -> None:
    low = Layer.empty()
    low.people.put(ANNA, Person(id=ANNA, name="Anna"))
    high = Layer.on(Layer.on(low))
    assert high.person(ANNA).name == "Anna"
    high.people.put(ANNA, Person(id=ANNA, name="Anne"))
    assert (high.person(ANNA).name, low.person(ANNA).name) == ("Anne", "Anna")


def test_a_stranger_has_nothing_but_an_id() -> None:
    assert Layer.empty().person(ANNA) == Person(id=ANNA)


def test_what_the_layer_below_has_absorbed_is_forgotten_unless_it_is_newer() -> None:
    low = Layer.empty()
    middle = Layer.on(low)
    first, second = Layer.on(middle), Layer.on(middle)
    first.people.put(ANNA, Person(id=ANNA, name="Anna"))
    first.people.put(BEN, Person(id=BEN, name="Ben"))
    second.people.put(ANNA, Person(id=ANNA, name="Anne"))
    middle.absorb(first)
    middle.absorb(second)
    low.absorb(first)
    middle.forget(first)
    assert list(middle.people.own) == [ANNA]
    assert (middle.person(ANNA).name, middle.person(BEN).name) == ("Anne", "Ben")
    middle.clear()
    assert middle.person(ANNA).name == "Anna"


class CountingStore:
    """Counts the point reads of a table."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, key: str) -> Person | None:
        self.asked.append(key)
        return Person(id=ANNA, name="Anna") if key == ANNA else None


def test_the_lowest_layer_reads_from_a_store_and_only_what_no_layer_above_has() -> None:
    tables = {name: CountingStore() for name in COLLECTIONS}
    layer = Layer.on(Layer.on_tables(tables.values()))
    layer.people.put(BEN, Person(id=BEN, name="Ben"))
    assert (layer.person(ANNA).name, layer.person(BEN).name) == ("Anna", "Ben")
    assert {name: one.asked for name, one in tables.items() if one.asked} == {"people": [ANNA]}


def test_every_collection_is_absorbed_forgotten_and_cleared() -> None:
    low, high = Layer.empty(), Layer.empty()
    for name in COLLECTIONS:
        getattr(high, name).put("key", name)
    low.absorb(high)
    assert [getattr(low, name).get("key") for name in COLLECTIONS] == list(COLLECTIONS)
    low.forget(high)
    assert not any(shelf.own for shelf in low.shelves)
    high.clear()
    assert not any(shelf.own for shelf in high.shelves)
