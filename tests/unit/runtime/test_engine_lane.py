"""A lane of the engine's process answers every call, whatever fails."""

import msgspec
import pytest

from runtime.chdb_engine import __main__ as engine
from runtime.chdb_engine.frames import Call, Greeting, Lane, Reply


class BrokenConnection:
    def query(self, *_: str) -> None:
        raise ValueError("no such table")

    def close(self) -> None:
        raise RuntimeError("it does not close")


class Replies(engine.Outbox):
    def __init__(self) -> None:
        self.messages: list[msgspec.Struct] = []

    def put(self, message: Greeting | Reply) -> None:
        self.messages.append(message)


def test_a_connection_that_does_not_close_keeps_no_reply_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "_connect", lambda _: BrokenConnection())
    lane, replies = engine.Connections("nowhere", Lane()), Replies()
    for number in (1, 2):
        lane.submit(Call(number, "ask", "select", "SELECT 1"), replies)
    lane.close()
    assert replies.messages == [Reply(number, "no such table") for number in (1, 2)]
