"""What the leader sends back for a batch."""

import pytest

from command_api.http.peers import wire
from command_api.http.peers.wire import decode_answers, encode_answers
from command_api.leader.ports import Answer
from contracts.errors import CommandError, NotFound, OutcomeUnknown
from contracts.journal.records import Outcome


def answer_of(size: int) -> Answer:
    return Answer(Outcome("booked"), 7, b'"' + b"x" * (size - 2) + b'"')


def test_answers_come_back_in_order() -> None:
    results: list[Answer | CommandError] = [answer_of(10), NotFound(), answer_of(20)]
    first, missing, last = [one.restore() for one in decode_answers(encode_answers(results))]
    assert (first, last) == (results[0], results[2])
    assert isinstance(missing, NotFound)


def test_large_answers_leave_the_rest_for_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise the follower would cut all of them off, and at each further attempt again."""
    monkeypatch.setattr(wire, "ANSWERS_BYTES_MAX", 100)
    waiting: list[Answer | CommandError] = [answer_of(60)] * 7
    attempts = 0
    while waiting:
        results = [one.restore() for one in decode_answers(encode_answers(waiting))]
        assert sum(len(one.body) for one in results if isinstance(one, Answer)) <= 160
        waiting = [answer_of(60) for one in results if isinstance(one, OutcomeUnknown)]
        attempts += 1
    assert attempts == 4
