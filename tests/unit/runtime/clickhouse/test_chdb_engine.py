"""A lane of the engine's process answers every call, whatever fails."""

from io import BytesIO

import msgspec
import pytest

from runtime.clickhouse import chdb_engine as engine
from runtime.clickhouse import chdb_frames as frames
from runtime.clickhouse.chdb_frames import EngineCall, EngineGreeting, EngineReply, Lane


class BrokenConnection:
    def query(self, *_: str) -> None:
        raise ValueError("no such table")

    def close(self) -> None:
        raise RuntimeError("it does not close")


class Replies(engine.ReplyPipe):
    def __init__(self) -> None:
        self.messages: list[msgspec.Struct] = []

    def put(self, message: EngineGreeting | EngineReply) -> None:
        self.messages.append(message)


def test_a_connection_that_does_not_close_keeps_no_reply_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "_connect", lambda _: BrokenConnection())
    lane, replies = engine.LaneConnections("nowhere", "default", Lane()), Replies()
    for number in (1, 2):
        lane.submit(EngineCall(number, "ask", "select", "SELECT 1"), replies)
    lane.close()
    assert replies.messages == [EngineReply(number, "no such table") for number in (1, 2)]


class Talkative:
    """Answers, or fails, at a length and in a text of its own."""

    def __init__(self, answer: bytes | Exception) -> None:
        self._answer = answer

    def query(self, *_: str) -> "Talkative":
        if isinstance(self._answer, Exception):
            raise self._answer
        return self

    def bytes(self) -> bytes | Exception:
        return self._answer

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("answer", "refused"),
    [(b"x" * 300, "int too big to convert"), (ValueError("no \udcff"), "no ?")],
)
def test_a_reply_that_cannot_be_sent_is_a_refusal(
    answer: bytes | Exception, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_connect", lambda _: Talkative(answer))
    monkeypatch.setattr(frames, "LENGTH_BYTES", 1)
    pipe = BytesIO()
    lane = engine.LaneConnections("nowhere", "default", Lane())
    lane.submit(EngineCall(1, "query", "select", "SELECT 1"), engine.ReplyPipe(pipe))
    lane.close()
    assert pipe.getvalue() == frames.encode_frame(EngineReply(1, refused))
