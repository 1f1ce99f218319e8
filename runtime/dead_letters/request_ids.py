"""Finds the request that caused an event, by which its lines are found in the logs."""

from contracts.journal.records import CommandInfo
from runtime.logs.lines import PRIVATE_KINDS
from runtime.traces.context import request_id_of


def find_request_id(command: CommandInfo) -> str | None:
    """Return the id of the request that gave the command. None if the journal does not say, and
    of a private one: the logs do not tell of it."""
    if command.kind in PRIVATE_KINDS:
        return None
    return request_id_of(command.traceparent) or None
