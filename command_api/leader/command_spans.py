"""Records spans of commands: how each was answered, and how long its record took to count."""

from collections.abc import Awaitable

from msgspec.structs import replace

from command_api.domain.submission import Submission
from command_api.leader.ports import Answer
from contracts.errors import CommandError, Unavailable
from contracts.journal.records import CommandInfo
from runtime.traces.spans import SPANS, Kind, Span, name_error


def begin_command(name: str, kind: Kind, submission: Submission) -> Span | None:
    """Begin a span of a command's way. Returns None if it is not recorded."""
    if not SPANS.is_open:
        return None
    return SPANS.begin(name, kind, submission.traceparent, {"practix.command": submission.kind})


def caused_by(span: Span, submission: Submission) -> Submission:
    """Return the submission with the span as the cause of what follows."""
    return replace(submission, traceparent=span.traceparent)


async def record_answer(span: Span, answering: Awaitable[Answer]) -> Answer:
    """Return the answer, or raise the error that was raised instead, and end the span with its
    code."""
    try:
        answer = await answering
    except CommandError as error:
        span.note({"practix.code": error.code})
        span.end(error.code if isinstance(error, Unavailable) else "")
        raise
    except BaseException as error:
        span.end(name_error(error))
        raise
    span.note(
        {
            "practix.code": answer.outcome.code,
            "practix.refused": answer.outcome.refused,
            "practix.replayed": answer.replayed,
            "practix.position": answer.position,
        }
    )
    span.end()
    return answer


def begin_append(command: CommandInfo) -> tuple[CommandInfo, Span | None]:
    """Begin the span of a record: from being sent until it counts. Returns the command as the
    record has to hold it, with the span as the cause of what readers of the journal do."""
    if not SPANS.is_open:
        return command, None
    span = SPANS.begin(
        "append to journal", "producer", command.traceparent, {"practix.command": command.kind}
    )
    if span is None:
        return command, None
    return replace(command, traceparent=span.traceparent), span
