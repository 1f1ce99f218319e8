"""Targets, and what is known of a post that one did not take."""

import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError

from notifier.publishing.targets import PublishTarget, PublishTargets, read_failure

TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544"
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # Apprise's own.


def test_only_our_own_kind_of_target_replaces_posts() -> None:
    assert PublishTarget(url=SecretStr("jsons://site.test/posts")).replaces
    assert not PublishTarget(url=SecretStr(TELEGRAM)).replaces


@pytest.mark.parametrize(
    "given",
    [
        {"club": {"url": "nothing://"}},
        {"Club!": {"url": TELEGRAM}},
        {"club": {"url": TELEGRAM, "language": "de"}},
    ],
)
def test_a_target_that_cannot_work_stops_the_start(given: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PublishTargets).validate_python(given)


def test_an_address_is_not_shown() -> None:
    targets = TypeAdapter(PublishTargets).validate_python({"club": {"url": TELEGRAM}})
    assert "abcdefg" not in repr(targets)


@pytest.mark.parametrize(
    ("notes", "known"),
    [
        ("Failed to send JSON POST notification: Forbidden, error=403.", "not_taken"),
        ("Failed to send Telegram notification: error=503.", "not_taken"),
        ("Socket Exception: ... NewConnectionError('... Connection refused')", "not_taken"),
        ("Failed to send JSON POST notification: error=504.", "unknown"),
        ("Socket Exception: HTTPConnectionPool(...): Read timed out.", "unknown"),
        ("", "unknown"),
    ],
)
def test_whatever_is_not_certain_is_unknown(notes: str, known: str) -> None:
    assert read_failure(notes) == known
