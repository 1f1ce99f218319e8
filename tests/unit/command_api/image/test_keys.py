"""Which requests count as a retry of a recorded command."""

from datetime import UTC, datetime

import pytest

from command_api.image.keys import AnsweredKeys
from contracts.errors import KeyReused
from contracts.journal.records import CommandInfo, Outcome

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def answered(query_fingerprint: str | None) -> AnsweredKeys:
    keys = AnsweredKeys()
    command = CommandInfo("id", "announcement.cancel", "anna", "key", "f", query_fingerprint)
    keys.remember(command, 7, NOON, Outcome("announcement_cancelled"))
    return keys


def test_the_same_request_is_a_retry() -> None:
    for query in ("", "q"):
        assert answered(query).find("anna", "key", "f", query) is not None


@pytest.mark.parametrize(("then", "now"), [("q", ""), ("", "q"), ("q", "other")])
def test_another_query_is_another_request(then: str, now: str) -> None:
    with pytest.raises(KeyReused):
        answered(then).find("anna", "key", "f", now)


@pytest.mark.parametrize("query", ["", "q"])
def test_a_record_from_before_the_query_counted_is_compared_without_it(query: str) -> None:
    assert answered(None).find("anna", "key", "f", query) is not None
    with pytest.raises(KeyReused):
        answered(None).find("anna", "key", "another body", query)
