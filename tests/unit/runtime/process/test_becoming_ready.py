"""How long a process is worth waiting for."""

from typing import Any

import pytest

from runtime.process.becoming_ready import FILL_S_MAX, READY_S_MAX, ReadinessWait

FILLS: dict[str, Any] = {
    "ready": False,
    "tables": False,
    "read_models": False,
    "filling": {"phase": "fill", "done": 1, "of": 2, "left_s": 3},
}


def judge_until(entries: dict[str, Any], until_s: float) -> str | None:
    """Return what is said of a process that answers the same all the time."""
    wait = ReadinessWait(began_at=100.0)
    for second in range(int(until_s)):
        assert wait.find_end(entries, 100.0 + second) is None
    return wait.find_end(entries, 100.0 + until_s)


@pytest.mark.parametrize("entries", [FILLS, {"tables": False}, {"tables": True, "indexes": False}])
def test_tables_may_be_prepared_for_hours_but_not_for_ever(entries: dict[str, Any]) -> None:
    assert judge_until(entries, FILL_S_MAX) is None
    assert "not ready in time" in (judge_until(entries, FILL_S_MAX + 1) or "")


@pytest.mark.parametrize(
    ("entries", "lacks"),
    [
        ({}, "no answer"),
        ({"ready": False, "journal": False, "tables": True}, "journal"),
        ({**FILLS, "tables_away": "access_denied"}, "tables_away: access_denied"),
    ],
)
def test_whoever_prepares_nothing_has_a_minute(entries: dict[str, Any], lacks: str) -> None:
    assert lacks in (judge_until(entries, READY_S_MAX + 1) or "")


def test_the_minute_begins_again_once_tables_were_prepared() -> None:
    wait = ReadinessWait(began_at=0.0)
    assert wait.find_end(FILLS, 5 * READY_S_MAX) is None
    assert wait.find_end({}, 6 * READY_S_MAX) is None
    assert wait.find_end({}, 6 * READY_S_MAX + 1)


def test_nobody_waits_for_what_does_not_pass() -> None:
    filling = {**FILLS["filling"], "phase": "no_room", "problem": "PostgreSQL has no room"}
    found = ReadinessWait(began_at=0.0).find_end({**FILLS, "filling": filling}, 0.0)
    assert found == "no_room: PostgreSQL has no room"
