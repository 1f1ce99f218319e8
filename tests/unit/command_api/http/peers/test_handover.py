"""How the commands of a follower gather, and what becomes of them."""

import asyncio
from collections.abc import Sequence

import pytest

from command_api.http.peers import handover
from command_api.http.peers.handover import IN_FLIGHT_MAX, HandedOver, Handover
from command_api.http.peers.wire import BATCH_BYTES_MAX, BATCH_COMMANDS_MAX
from command_api.leader.ports import Answer
from contracts.errors import CommandError, NoLeader, NotFound, OutcomeUnknown
from contracts.journal.records import Outcome

Results = Sequence[Answer | CommandError]


class Leader:
    """Answers a request when it is told to."""

    def __init__(self) -> None:
        self.requests: list[list[bytes]] = []
        self._replies: list[asyncio.Future[Results]] = []
        self.cancelled = 0
        self.handover = Handover(self._take)

    async def _take(self, commands: Sequence[HandedOver]) -> Results:
        self.requests.append([one.encoded for one in commands])
        reply: asyncio.Future[Results] = asyncio.get_running_loop().create_future()
        self._replies.append(reply)
        try:
            return await reply
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    def hand_over(self, *commands: bytes, timeout_s: float = 30.0) -> "list[asyncio.Task[Answer]]":
        return [asyncio.create_task(self.handover.hand_over(one, timeout_s)) for one in commands]

    def answer(self, request: int) -> None:
        """Answer each command with an outcome whose code is the command."""
        commands = self.requests[request]
        self._replies[request].set_result([answer_to(one) for one in commands])

    def reply(self, request: int, results: Results) -> None:
        self._replies[request].set_result(results)

    def fail(self, request: int, error: Exception) -> None:
        self._replies[request].set_exception(error)


def answer_to(command: bytes) -> Answer:
    return Answer(Outcome(command.decode()), 1, b"")


def numbered(first: int, count: int) -> list[bytes]:
    return [b"%d" % number for number in range(first, first + count)]


async def settle() -> None:
    """Let all that can run now run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_commands_of_one_turn_go_with_one_request_and_each_gets_its_answer() -> None:
    leader = Leader()
    handed = leader.hand_over(b"a", b"b", b"c")
    await settle()
    assert leader.requests == [[b"a", b"b", b"c"]]
    leader.answer(0)
    assert [(await one).outcome.code for one in handed] == ["a", "b", "c"]


async def test_what_comes_while_requests_are_on_their_way_gathers_for_the_next_one() -> None:
    leader = Leader()
    for number in range(IN_FLIGHT_MAX):
        leader.hand_over(b"%d" % number)
        await settle()
    later = leader.hand_over(b"x", b"y") + leader.hand_over(b"z")
    await settle()
    assert len(leader.requests) == IN_FLIGHT_MAX
    leader.answer(0)
    await settle()
    assert leader.requests[IN_FLIGHT_MAX:] == [[b"x", b"y", b"z"]]
    leader.answer(IN_FLIGHT_MAX)
    assert (await later[2]).outcome.code == "z"


async def test_a_request_holds_a_bounded_number_of_commands() -> None:
    leader = Leader()
    leader.hand_over(*numbered(0, BATCH_COMMANDS_MAX + 1))
    await settle()
    assert [len(request) for request in leader.requests] == [BATCH_COMMANDS_MAX, 1]


async def test_a_request_holds_a_bounded_number_of_bytes_and_at_least_one_command() -> None:
    leader = Leader()
    large = b"x" * (BATCH_BYTES_MAX + 1)
    leader.hand_over(large, b"small")
    await settle()
    assert leader.requests == [[large], [b"small"]]


async def test_an_error_reaches_only_its_own_command() -> None:
    leader = Leader()
    found, missing = leader.hand_over(b"found", b"missing")
    await settle()
    leader.reply(0, [answer_to(b"found"), NotFound()])
    assert (await found).outcome.code == "found"
    with pytest.raises(NotFound):
        await missing


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (NoLeader(), NoLeader),
        (OutcomeUnknown(), OutcomeUnknown),
        (RuntimeError(), OutcomeUnknown),  # Nobody goes on waiting, whatever it is.
    ],
)
async def test_a_request_that_fails_fails_for_each_of_its_commands(
    failure: Exception, expected: type[CommandError]
) -> None:
    leader = Leader()
    handed = leader.hand_over(b"a", b"b")
    await settle()
    leader.fail(0, failure)
    raised = []
    for one in handed:
        with pytest.raises(expected) as caught:
            await one
        raised.append(caught.value)
    assert raised[0] is not raised[1]


async def test_too_few_answers_are_no_answers() -> None:
    leader = Leader()
    handed = leader.hand_over(b"a", b"b")
    await settle()
    leader.reply(0, [answer_to(b"a")])
    for one in handed:
        with pytest.raises(OutcomeUnknown):
            await one


async def test_a_command_whose_time_has_passed_is_not_sent() -> None:
    leader = Leader()
    (expired,) = leader.hand_over(b"late", timeout_s=0.0)
    (sent,) = leader.hand_over(b"in time")
    await settle()
    assert leader.requests == [[b"in time"]]
    with pytest.raises(NoLeader):
        await expired
    sent.cancel()


async def test_a_command_that_nobody_waits_for_is_not_sent() -> None:
    leader = Leader()
    gone, _ = leader.hand_over(b"gone", b"wanted")
    await asyncio.sleep(0)
    gone.cancel()
    await settle()
    assert leader.requests in ([[b"wanted"]], [[b"gone", b"wanted"]])
    leader.answer(0)


async def test_a_request_is_given_up_once_nobody_waits_for_any_of_its_commands() -> None:
    """A frozen leader must not hold up those who come after it is back."""
    leader = Leader()
    frozen = []
    for number in range(IN_FLIGHT_MAX):
        frozen += leader.hand_over(b"%d a" % number, b"%d b" % number)
        await settle()
    later = leader.hand_over(b"later")
    for one in frozen[:-1]:
        one.cancel()
    await settle()
    assert leader.cancelled == IN_FLIGHT_MAX - 1
    assert leader.requests[IN_FLIGHT_MAX:] == [[b"later"]]
    leader.answer(IN_FLIGHT_MAX)
    assert (await later[0]).outcome.code == "later"
    leader.answer(IN_FLIGHT_MAX - 1)
    assert (await frozen[-1]).outcome.code == f"{IN_FLIGHT_MAX - 1} b"


async def test_commands_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "WAITING_MAX", 2)
    leader = Leader()
    handed = leader.hand_over(b"a", b"b", b"c")
    await asyncio.sleep(0)
    with pytest.raises(NoLeader):
        await handed[2]
    await settle()
    assert leader.requests == [[b"a", b"b"]]
    leader.answer(0)
