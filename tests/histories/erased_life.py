"""The life of a person who is erased: Anna writes in every way there is."""

from datetime import datetime, timedelta
from typing import Any, Final

from contracts.values.ids import OPERATOR
from runtime.process.clock import system_clock
from tests.histories.chain import Chain

ANNA: Final = "1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c001"
BORIS: Final = "1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c002"
HERS: Final = "2f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c001"
HIS: Final = "2f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c002"
OFF: Final = "2f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c003"
CANARY: Final = "kanarienvogel"
PAIRS: Final = {"requested": (None, True), "approved": (True, True), "left": (True, False)}


def seen(person: str, name: str) -> dict[str, Any]:
    return {"type": "person.seen.v1", "person_id": person, "name": name}


def announced(evening: str, author: str, word: str, at: datetime) -> list[dict[str, Any]]:
    created = {
        "type": "announcement.created.v1",
        "announcement_id": evening,
        "author_id": author,
        "movie_id": evening,
        "movie_title": "Solaris",
        "movie_title_ru": "Солярис",
        "duration_min": 120,
        "title": f"{word} title",
        "description": f"{word} description",
        "visibility": "public",
        "is_free": True,
        "ticket_count": 3,
        "event_time": at.isoformat(),
        "event_location": f"{word} street 1",
        "hide_location": True,
        "location_hint": f"{word} hint",
    }
    published = {"type": "announcement.published.v1", "announcement_id": evening, "version": 2}
    return [created, published]


def booked(what: str, evening: str, author: str, guest: str, **more: Any) -> dict[str, Any]:
    author_status, guest_status = PAIRS[what]
    return {
        "type": f"booking.{what}.v1",
        "booking_id": evening.replace("2f0e", "3f0e"),
        "announcement_id": evening,
        "guest_id": guest,
        "author_status": author_status,
        "guest_status": guest_status,
        "taken": int(what == "approved"),
        **({"author_id": author} if what == "requested" else {}),
        **more,
    }


def live_until_erasure() -> Chain:
    """Anna announces an evening to which Boris comes, and leaves one of his."""
    now = system_clock()
    chain = Chain(now - timedelta(hours=5))
    chain.commit(seen(ANNA, f"{CANARY} Anna"), seen(BORIS, "Boris"), actor=ANNA)
    chain.commit(*announced(HERS, ANNA, CANARY, now + timedelta(hours=30)), actor=ANNA)
    chain.commit(*announced(HIS, BORIS, "his", now + timedelta(hours=60)), actor=BORIS)
    asks = booked("requested", HERS, ANNA, BORIS, message="Boris asks")
    chain.commit(asks, actor=BORIS)
    welcome = booked("approved", HERS, ANNA, BORIS, message=f"{CANARY} welcome")
    chain.commit(welcome, actor=ANNA)
    chain.commit(booked("requested", HIS, BORIS, ANNA, message=f"{CANARY} please"), actor=ANNA)
    chain.commit(booked("approved", HIS, BORIS, ANNA, message="come"), actor=BORIS)
    chain.commit(booked("left", HIS, BORIS, ANNA, reason=f"{CANARY} is ill"), actor=ANNA)
    chain.commit(
        {
            "type": "rating.given.v1",
            "review_id": HERS.replace("2f0e", "4f0e"),
            "announcement_id": HERS,
            "rater_id": ANNA,
            "ratee_id": BORIS,
            "role": "guest",
            "score": 9,
            "sealed_until": now.isoformat(),
            "text": f"{CANARY} text",
            "tags": [f"{CANARY} tag"],
        },
        actor=ANNA,
    )
    chain.commit(
        {
            "type": "rating.revealed.v1",
            "review_id": HERS.replace("2f0e", "4f0e"),
            "announcement_id": HERS,
            "rater_id": ANNA,
            "ratee_id": BORIS,
            "role": "guest",
            "reason": "both_rated",
        }
    )
    chain.commit({"type": "announcement.done.v1", "announcement_id": HERS, "version": 3})
    return chain


def erase_anna(chain: Chain) -> None:
    chain.commit({"type": "person.erased.v1", "person_id": ANNA})


def write_what_reads_do_not_show(chain: Chain) -> None:
    """Anna calls an evening off, an operator shuts her out, and an event cannot be read."""
    now = system_clock()
    chain.commit(*announced(OFF, ANNA, CANARY, now + timedelta(hours=90)), actor=ANNA)
    off = {"type": "announcement.cancelled.v1", "announcement_id": OFF, "version": 3}
    chain.commit(off | {"by": "author", "reason": f"{CANARY} off"}, actor=ANNA)
    suspended = {"type": "person.suspended.v1", "person_id": ANNA, "by": "Olga"}
    chain.commit(suspended | {"reason": f"{CANARY} shouts"}, actor=OPERATOR)
    chain.commit(seen(ANNA, "") | {"name": 5, "nick": CANARY}, actor=ANNA)
