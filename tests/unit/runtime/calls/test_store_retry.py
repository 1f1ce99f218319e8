"""An attempt is repeated until its store answers."""

import pytest

from runtime.calls.store_retry import StoreRetry
from runtime.postgres.tables import TablesUnavailable


async def test_a_store_that_is_away_is_asked_until_it_answers() -> None:
    store_retry = StoreRetry("tables", ConnectionError)
    attempts: list[bool] = []

    async def attempt() -> str:
        attempts.append(store_retry.available)
        if len(attempts) < 3:
            raise ConnectionError("away")
        return "written"

    assert not store_retry.available
    assert await store_retry.attempt_until_available(attempt) == "written"
    assert store_retry.available
    assert len(attempts) == 3


async def test_what_is_no_outage_is_told_at_once() -> None:
    async def attempt() -> None:
        raise KeyError("a mistake of ours")

    with pytest.raises(KeyError):
        await StoreRetry("tables", ConnectionError).attempt_until_available(attempt)


async def test_why_a_store_is_away_is_told_until_it_answers() -> None:
    store_retry = StoreRetry("tables", TablesUnavailable)
    told: list[dict[str, object]] = []

    async def attempt() -> None:
        told.append(store_retry.readiness("tables"))
        if len(told) == 1:
            raise TablesUnavailable("somebody restores a backup", "read_only")

    await store_retry.attempt_until_available(attempt)
    assert told == [{"tables": False}, {"tables": False, "tables_away": "read_only"}]
    assert store_retry.readiness("tables") == {"tables": True}
