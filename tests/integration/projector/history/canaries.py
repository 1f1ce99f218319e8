"""Texts of a person who is erased, and how to find them in the history."""

from typing import Any, Final

from runtime.clickhouse.port import Analytics
from tests.histories.chain import Chain

ANNA: Final = "1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c001"
BORIS: Final = "1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c002"
EVENING: Final = "2f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c001"
REVIEW: Final = "3f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c001"
CANARY: Final = "kanarienvogel"


def seen(person: str, name: str) -> dict[str, Any]:
    return {"type": "person.seen.v1", "person_id": person, "name": name}


def erased(person: str) -> dict[str, Any]:
    return {"type": "person.erased.v1", "person_id": person}


def asked(guest: str, message: str) -> dict[str, Any]:
    return {
        "type": "booking.requested.v1",
        "booking_id": guest,
        "announcement_id": EVENING,
        "guest_id": guest,
        "author_id": BORIS,
        "author_status": None,
        "guest_status": True,
        "taken": 0,
        "message": message,
    }


def rated(rater: str, tag: str) -> dict[str, Any]:
    return {
        "type": "rating.given.v1",
        "review_id": REVIEW,
        "announcement_id": EVENING,
        "rater_id": rater,
        "ratee_id": BORIS,
        "role": "host",
        "score": 7,
        "sealed_until": "2030-02-01T00:00:00Z",
        "text": CANARY,
        "tags": [tag],
    }


def canaries_of_anna() -> Chain:
    """Anna writes in every way, is erased, comes back and writes again; Boris writes, too."""
    chain = Chain()
    chain.commit(seen(ANNA, f"{CANARY} Anna"), seen(BORIS, "Boris"), actor=BORIS)
    chain.commit(asked(ANNA, f"{CANARY} asks"), actor=ANNA)
    chain.commit(rated(ANNA, f"{CANARY} tag"), actor=ANNA)
    chain.commit({"type": "poem.written.v1", "text": CANARY}, actor=ANNA)
    chain.commit(asked(BORIS, "Boris asks"), actor=BORIS)
    chain.commit(erased(ANNA))
    chain.commit(seen(ANNA, "Anna again"), actor=ANNA)
    chain.commit(asked(ANNA, "asks again"), actor=ANNA)
    return chain


async def read_words(analytics: Analytics) -> list[str]:
    rows = (await analytics.query("SELECT words FROM events WHERE words != '' ORDER BY seq")).rows
    tags = (await analytics.query("SELECT tags FROM ratings WHERE tags != ''")).rows
    return [str(one) for (one,) in (*rows, *tags)]


def expected_words() -> list[str]:
    return [
        '{"name":"Boris"}',
        '{"message":"Boris asks"}',
        '{"name":"Anna again"}',
        '{"message":"asks again"}',
        "[]",
    ]
