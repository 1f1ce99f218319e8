"""Which process of a service gets a request."""

import asyncio

from launcher.rolling.processes import list_processes, place_in_turn
from launcher.rolling.rotation import Rotation, service_of

ADDRESSES = {name: f"http://{name}" for name in ("query_api", "query_api_2", "notifier")}


def test_processes_of_a_service_are_asked_by_turns() -> None:
    rotation = Rotation(ADDRESSES)
    first, second = rotation.list_turns("query_api"), rotation.list_turns("query_api")
    assert sorted(first) == ["query_api", "query_api_2"]
    assert second == first[::-1]
    assert rotation.list_turns("notifier") == ["notifier"]


async def test_a_process_that_is_taken_out_ends_what_it_has_and_gets_no_more() -> None:
    rotation = Rotation(ADDRESSES)
    with rotation.ask("query_api") as address:
        assert address == "http://query_api"
        leaving = asyncio.create_task(rotation.take_out("query_api", patience_s=60))
        await asyncio.sleep(0)
        assert rotation.list_turns("query_api") == ["query_api_2", "query_api"]
        assert not leaving.done()
    await leaving
    rotation.put_back("query_api")
    assert len(rotation.list_turns("query_api")) == 2


async def test_patience_with_an_answer_has_an_end() -> None:
    rotation = Rotation(ADDRESSES)
    with rotation.ask("notifier"):
        await rotation.take_out("notifier", patience_s=0)
    assert rotation.list_turns("notifier") == ["notifier"]


def test_the_first_process_of_a_service_has_no_number() -> None:
    names = list_processes(2)
    assert names[:3] == ["neighbours", "projector", "projector_2"]
    assert {service_of(name) for name in list_processes(3)} == set(list_processes(1))


def test_tables_are_kept_up_until_nobody_reads_them() -> None:
    turns = sorted(list_processes(2), key=place_in_turn)
    assert turns[:4] == ["projector", "query_api", "query_api_2", "projector_2"]
