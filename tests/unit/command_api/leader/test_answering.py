"""What a command of another process costs its person."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from command_api.domain.announcement.commands import CancelAnnouncement
from command_api.domain.submission import Submission
from command_api.leader.answering import Answering
from command_api.leader.charges import ChargeOnce
from command_api.leader.ports import Answer
from contracts.errors import CommandError, OutcomeUnknown, RateLimited
from contracts.values.ids import AnnouncementId, PersonId


class Uncertain:
    """A reign in which no command's outcome is known."""

    leading = True
    settles_within_s = 0.0

    async def execute(self, command: Submission) -> Answer:
        raise OutcomeUnknown


def answering(admit: Any) -> Answering:
    keys = SimpleNamespace(find=lambda *_: None)
    node: Any = SimpleNamespace(
        image=SimpleNamespace(keys=keys),
        reign=Uncertain(),
        change=asyncio.get_running_loop().create_future(),
    )
    unused: Any = None
    return Answering(node, peers=unused, clock=unused, render=unused, admit_forwarded=admit)


async def test_a_forwarded_command_is_charged_once_however_often_it_comes() -> None:
    charged: list[PersonId] = []
    leader = answering(charged.append)
    for _ in range(3):
        await fail(leader, "1", OutcomeUnknown)
    assert charged == ["anna"]
    await fail(leader, "2", OutcomeUnknown)
    assert charged == ["anna", "anna"]


async def test_a_forwarded_command_that_was_refused_is_charged_when_it_comes_again() -> None:
    asked: list[PersonId] = []

    def refuse(person_id: PersonId) -> None:
        asked.append(person_id)
        raise RateLimited(1, "writes-of-person")

    leader = answering(refuse)
    for _ in range(2):
        await fail(leader, "1", RateLimited)
    assert asked == ["anna", "anna"]


async def fail(leader: Answering, command_id: str, error: type[CommandError]) -> None:
    with pytest.raises(error):
        await leader.submit(command_of(command_id), 5.0, forwarded=True)


def command_of(command_id: str) -> Submission:
    return Submission(
        id=command_id,
        actor=PersonId("anna"),
        idempotency_key=command_id,
        fingerprint="1",
        command=CancelAnnouncement(announcement_id=AnnouncementId("1")),
    )


def test_the_charged_commands_that_are_remembered_are_bounded() -> None:
    charged: list[PersonId] = []
    charge = ChargeOnce(charged.append, ids_max=2)
    for command_id in ("1", "2", "3", "3", "2", "1"):
        charge(command_of(command_id))
    assert len(charged) == 4
