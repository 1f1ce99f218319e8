"""Which requests count as a retry of a recorded command."""

from datetime import UTC, datetime

import pytest

from command_api.image.keys import AnsweredKeys
from contracts.errors import KeyReused
from contracts.journal.concealment import FingerprintKey
from contracts.journal.records import CommandInfo, Outcome

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def answered(query_fingerprint: str | None, *, concealed: bool = True) -> AnsweredKeys:
    """Keys of a process that has read one record, of this build or of an earlier one."""
    keys = AnsweredKeys(fingerprint_key=FingerprintKey("secret"))
    command = CommandInfo("id", "announcement.cancel", "anna", "key", "f", query_fingerprint)
    recorded = keys.conceal(command) if concealed else command
    keys.remember(recorded, 7, NOON, Outcome("announcement_cancelled"))
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


@pytest.mark.parametrize("query", ["", "q"])
def test_a_record_with_a_plain_key_and_bare_fingerprints_answers_a_retry(query: str) -> None:
    earlier = answered(query, concealed=False)
    assert earlier.find("anna", "key", "f", query) == answered(query).find(
        "anna", "key", "f", query
    )
    for other in (("f", "another"), ("another body", query)):
        with pytest.raises(KeyReused):
            earlier.find("anna", "key", *other)


def test_nothing_that_is_remembered_can_be_read_or_guessed() -> None:
    _, remembered = answered("q", concealed=False).freeze()
    shown = repr(remembered)
    assert not any(bare in shown for bare in ("'anna key'", "'f'", "'q'"))


def test_after_a_change_of_the_secret_a_retry_is_refused_and_not_decided_again() -> None:
    _, remembered = answered("q").freeze()
    (recorded,) = remembered.values()
    keys = AnsweredKeys(fingerprint_key=FingerprintKey("another secret"))
    command = CommandInfo(
        "id", "announcement.cancel", "anna", "key", recorded.fingerprint, recorded.query_fingerprint
    )
    keys.remember(command, 7, NOON, Outcome("announcement_cancelled"))
    with pytest.raises(KeyReused):
        keys.find("anna", "key", "f", "q")
