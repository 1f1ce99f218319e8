"""What a command of another process costs its person."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from command_api.domain.announcement.commands import CancelAnnouncement
from command_api.domain.rules import DEFAULT_RULES
from command_api.domain.submission import Submission
from command_api.image.store import StoreDamaged
from command_api.leader.answering import Answering
from command_api.leader.charges import ChargeOnce
from command_api.leader.ports import Answer
from command_api.leader.reign import StoredMeanwhile
from command_api.leader.sent_record import Begun, SentRecord
from contracts.errors import CommandError, NoLeader, NotFound, OutcomeUnknown, RateLimited, TooLarge
from contracts.journal.records import Outcome
from contracts.values.ids import AnnouncementId, PersonId


class Uncertain:
    """A reign in which no command's outcome is known."""

    leading = True
    settles_within_s = 0.0

    def begin(self, *_: object) -> Begun:
        raise OutcomeUnknown


def answering(admit: Any) -> Answering:
    keys = SimpleNamespace(find=lambda *_: None, conceal=lambda command: command)
    node: Any = SimpleNamespace(
        image=SimpleNamespace(keys=keys),
        reign=Uncertain(),
        leader_change=asyncio.get_running_loop().create_future(),
    )
    unused: Any = None
    return Answering(
        node,
        peers=unused,
        clock=unused,
        render=unused,
        rules=DEFAULT_RULES,
        admit_forwarded=admit,
    )


async def test_a_forwarded_command_is_charged_once_however_often_it_comes() -> None:
    charged: list[PersonId] = []
    leader = answering(lambda submission: charged.append(submission.actor))
    for _ in range(3):
        await fail(leader, "1", OutcomeUnknown)
    assert charged == ["anna"]
    await fail(leader, "2", OutcomeUnknown)
    assert charged == ["anna", "anna"]


async def test_a_forwarded_command_that_was_refused_is_charged_when_it_comes_again() -> None:
    asked: list[PersonId] = []

    def refuse(submission: Submission) -> None:
        asked.append(submission.actor)
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
    charged: list[Submission] = []
    charge = ChargeOnce(charged.append, ids_max=2)
    for command_id in ("1", "2", "3", "3", "2", "1"):
        charge(command_of(command_id))
    assert len(charged) == 4


class SettledMeanwhile(Uncertain):
    """A reign in which a record with the command's key is on its way when it comes."""

    def __init__(self, keys: SimpleNamespace) -> None:
        self._keys = keys

    def begin(self, *_: object) -> Begun:
        self._keys.find = lambda *_: SimpleNamespace(outcome=Outcome("cancelled"), seq=7)
        raise StoredMeanwhile


async def test_the_stored_answer_is_given_if_a_record_with_the_key_was_on_its_way() -> None:
    leader = answering(lambda _: None)
    node: Any = leader._node
    node.image.accepted = None
    node.reign = SettledMeanwhile(node.image.keys)
    leader._render = lambda *_: b"body"
    answer = await leader.submit(command_of("1"), 5.0)
    assert answer == Answer(Outcome("cancelled"), 7, b"body", replayed=True)


def make_proof() -> SentRecord:
    """Return a record that counts."""
    proof = SentRecord(7, "hash", None, 0.0)
    proof.accepted = proof.acknowledged = True
    return proof


class SettledTooLate(Uncertain):
    """A reign in which such a record is settled when nobody waits for the command any more."""

    def __init__(self, leader: Answering) -> None:
        self._leader: Any = leader

    def begin(self, *_: object) -> Begun:
        self._leader._time = lambda: 1_000_000_000.0
        return Begun(make_proof(), StoredMeanwhile())


async def test_a_record_with_the_key_that_is_settled_too_late_may_count() -> None:
    leader = answering(lambda _: None)
    node: Any = leader._node
    node.reign = SettledTooLate(leader)
    with pytest.raises(OutcomeUnknown):
        await leader.submit(command_of("1"), 5.0)
    leader = answering(lambda _: None)
    node = leader._node
    node.reign = SettledTooLate(leader)
    (one,) = await leader.submit_forwarded([command_of("1")], 5.0)
    assert isinstance(one, OutcomeUnknown)


class Deciding(Uncertain):
    """A reign that decides at once. A command's id says how it ends."""

    def begin(self, *asked: Any) -> Begun:
        match asked[0].id:
            case "bug":
                raise ZeroDivisionError
            case "too large":
                raise TooLarge
            case "missing":
                return Begun(make_proof(), NotFound())
        return Begun(make_proof(), Outcome("cancelled"), b"body")


async def test_commands_that_come_together_fail_each_alone() -> None:
    charged: list[str] = []
    leader = answering(lambda submission: charged.append(submission.id))
    node: Any = leader._node
    node.reign = Deciding()
    ids = ["fine", "bug", "missing", "too large", "fine too"]
    results = await leader.submit_forwarded([command_of(one) for one in ids], 5.0)
    answer = Answer(Outcome("cancelled"), 7, b"body")
    assert [results[0], results[4]] == [answer, answer]
    kinds = [OutcomeUnknown, NotFound, TooLarge]
    assert [type(one) for one in results[1:4]] == kinds
    assert charged == ids


async def test_commands_that_come_together_are_not_decided_where_nobody_leads() -> None:
    leader = answering(lambda _: None)
    node: Any = leader._node
    node.reign = None
    results = await leader.submit_forwarded([command_of("1"), command_of("2")], 5.0)
    assert [type(one) for one in results] == [NoLeader, NoLeader]


async def test_a_retry_among_them_gets_the_stored_answer() -> None:
    leader = answering(lambda _: None)
    node: Any = leader._node
    node.image.accepted = None
    node.reign = MetMeanwhile(node.image.keys)
    leader._render = lambda *_: b"body"
    (answer,) = await leader.submit_forwarded([command_of("1")], 5.0)
    assert answer == Answer(Outcome("cancelled"), 7, b"body", replayed=True)


async def test_a_retry_among_them_may_count_even_if_its_answer_cannot_be_read() -> None:
    leader = answering(lambda _: None)
    node: Any = leader._node
    node.image.accepted = None
    node.reign = MetMeanwhile(node.image.keys)
    leader._render = find_damage
    (one,) = await leader.submit_forwarded([command_of("1")], 5.0)
    assert isinstance(one, OutcomeUnknown)


def find_damage(*_: object) -> bytes:
    raise StoreDamaged


async def test_a_retry_among_them_that_fails_by_a_bug_fails_alone() -> None:
    leader = answering(lambda _: None)
    node: Any = leader._node
    node.image.accepted = None
    node.reign = MetMeanwhile(node.image.keys)
    leader._render = fail_to_render
    results = await leader.submit_forwarded([command_of("1")], 5.0)
    assert [type(one) for one in results] == [OutcomeUnknown]


def fail_to_render(*_: object) -> bytes:
    raise ZeroDivisionError


class MetMeanwhile(Deciding):
    """A reign in which a record with the command's key is on its way when it comes."""

    def __init__(self, keys: SimpleNamespace) -> None:
        self._keys = keys

    def begin(self, *_: object) -> Begun:
        self._keys.find = lambda *_: SimpleNamespace(outcome=Outcome("cancelled"), seq=7)
        return Begun(make_proof(), StoredMeanwhile())
