"""What a follower hands over, and what the leader sends back for a batch."""

import pytest

from command_api.domain.announcement.commands import CancelAnnouncement
from command_api.domain.submission import Submission
from command_api.http.peers import wire
from command_api.http.peers.wire import (
    ForwardedSubmission,
    decode_answers,
    decode_submissions,
    encode,
    encode_answers,
)
from command_api.leader.ports import Answer
from contracts.errors import CommandError, Malformed, NotFound, OutcomeUnknown
from contracts.journal.records import Outcome
from contracts.values.ids import AnnouncementId, PersonId


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


def test_the_trace_of_a_command_reaches_its_record_through_the_leader() -> None:
    """A batch has one head for many commands, so each carries its own."""
    traceparents = [f"00-{digit * 32}-00f067aa0ba902b7-00" for digit in "ab"]
    batch = [ForwardedSubmission(submission_of(one), 1.0) for one in traceparents]
    received = decode_submissions(encode(batch))
    commands = [one.submission.identify() for one in received if not isinstance(one, Malformed)]
    assert [one.traceparent for one in commands] == traceparents


def test_a_process_of_an_earlier_build_hands_over_without_a_trace() -> None:
    sent = encode([ForwardedSubmission(submission_of("x"), 1.0)])
    (received,) = decode_submissions(sent.replace(b',"traceparent":"x"', b""))
    assert isinstance(received, ForwardedSubmission)
    assert received.submission.traceparent == ""


def submission_of(traceparent: str) -> Submission:
    return Submission(
        id="command",
        actor=PersonId("anna"),
        idempotency_key="key",
        fingerprint="f",
        command=CancelAnnouncement(announcement_id=AnnouncementId("evening")),
        traceparent=traceparent,
    )
