"""The settings of a command process."""

import pytest
from pydantic import ValidationError

from command_api.settings import RuleSettings
from contracts.write_levels import NEWEST, READ_BY_ALL

LEVEL = "COMMAND_API_WRITE_LEVEL"


def test_without_a_setting_only_what_two_releases_can_read_is_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(LEVEL, raising=False)
    assert RuleSettings().rules().write_level == READ_BY_ALL
    assert RuleSettings().rules(write_level=NEWEST).write_level == NEWEST


def test_a_level_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LEVEL, str(NEWEST))
    assert RuleSettings().rules(write_level=1).write_level == NEWEST


@pytest.mark.parametrize("level", ["0", str(NEWEST + 1), "newest"])
def test_a_level_that_this_build_does_not_know_is_refused(
    monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    monkeypatch.setenv(LEVEL, level)
    with pytest.raises(ValidationError):
        RuleSettings()
