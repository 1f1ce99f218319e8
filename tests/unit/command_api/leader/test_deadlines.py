"""When a leader gives itself the command of a deadline, and when it forgets the deadline."""

import asyncio
from typing import Any

import pytest

from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.domain.submission import AnyCommand
from command_api.leader.deadlines import DueCommands
from command_api.leader.reign import Reign
from contracts.errors import OutcomeUnknown
from contracts.journal.acceptance import ReaderState
from contracts.journal.records import Commit, decode_record
from contracts.values.ids import PersonId
from runtime.journal.port import Appended
from runtime.process.clock_watch import ClockWatch
from tests.histories.decided import DecidedHistory, submit
from tests.unit.command_api.domain.spec import ANN, AUTHOR, NOON, announce, hours, invite, say

STATE = ReaderState(term=1, seq=0, hash="", nonce="", open=True)


class Writer:
    """Keeps what is appended, and acknowledges nothing."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []

    def append(self, payload: bytes) -> "asyncio.Future[Appended]":
        record = decode_record(payload)
        assert isinstance(record, Commit)
        self.commits.append(record)
        return asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        pass


class Led:
    """A cell in which Ann is invited with a seat held for an hour, and this process leads."""

    def __init__(self) -> None:
        self.history = DecidedHistory(NOON)
        self._record(AUTHOR, announce())
        self._record(AUTHOR, invite(ANN, hold_hours=1))
        self.due_at = NOON + hours(1)
        self.history.chain.now = self.due_at
        self.agenda = self.history.image.agenda
        self.lead()

    def lead(self, rules: Rules = DEFAULT_RULES) -> None:
        self.writer = Writer()
        self.due = DueCommands(self.agenda)
        self.reign = Reign(
            image=self.history.image,
            claim=STATE,
            generation=1,
            writer=self.writer,
            clock_watch=ClockWatch(lambda: self.due_at, lambda: 0.0, watching=False),
            render=lambda *_: b"",
            rules=rules,
            read_back_s_max=5.0,
        )

    def give(self) -> None:
        self.due.give(self.reign, self.due_at)

    async def send(self, actor: PersonId, command: AnyCommand) -> "asyncio.Task[Any]":
        """Let the leader decide a command whose record is not read back."""
        submission = submit(actor, command, "sent")
        identified = self.history.image.keys.conceal(submission.identify())
        begun = self.reign.begin(submission, identified)
        task = asyncio.create_task(begun.finish())
        await asyncio.sleep(0)
        return task

    @property
    def kinds(self) -> list[str]:
        return [commit.command.kind for commit in self.writer.commits]

    def _record(self, actor: PersonId, command: AnyCommand) -> None:
        self.history.record(self.history.decide(actor, command))


async def test_the_command_of_a_deadline_is_sent_once() -> None:
    led = Led()
    led.give()
    led.give()
    assert led.kinds == ["booking.hold_due"]


async def test_the_next_reign_sends_what_the_last_one_could_not_record() -> None:
    led = Led()
    led.give()
    led.reign.end("another process leads")
    led.lead()
    led.give()
    assert led.kinds == ["booking.hold_due"]


async def test_a_deadline_outlives_an_answer_that_never_counts() -> None:
    led = Led()
    answer = await led.send(ANN, say(True, ANN))
    led.give()
    assert led.kinds == ["booking.answer"], "the seat is taken, as far as the leader has decided"
    led.reign.end("another process leads")
    with pytest.raises(OutcomeUnknown):
        await answer
    led.lead()
    led.give()
    assert led.kinds == ["booking.hold_due"]


async def test_a_deadline_whose_events_may_not_be_written_yet_is_met_once_they_may() -> None:
    led = Led()
    led.lead(Rules(write_level=0))
    led.give()
    assert led.kinds == []
    assert led.reign.leading
    led.lead()
    led.give()
    assert led.kinds == ["booking.hold_due"]


async def test_a_deadline_that_is_moot_for_good_is_forgotten() -> None:
    led = Led()
    led.due_at = NOON + hours(27)
    hold, announcement = led.agenda.list_due(led.due_at)
    led.give()
    assert led.kinds == [announcement.command.__struct_config__.tag]
    assert hold not in list(led.agenda.list_due(led.due_at))
