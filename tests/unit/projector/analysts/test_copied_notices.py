"""What analysts see of a notice: nobody's words, and no person whose absence would tell."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

import pytest

from contracts.notices import Kind
from notifier import dispatcher, rights
from notifier.delivery import decisions
from projector.analysts.copying.notices import (
    NOTICE_COLUMNS,
    SHOWN_REASONS,
    notice_row,
)
from runtime.pseudonyms import Pseudonyms

PSEUDONYMS: Final = Pseudonyms("the key of the tests")
AT: Final = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
MIDNIGHT_MS: Final = 1_772_323_200_000
KEPT_SECRET: Final = {rights.MUTED, rights.APART, rights.ERASED}
NAMES: Final = ("recipient_id", "announcement_id", "booking_id", "seq")


def shown(
    kind: str, state: str = "sent", reason: str | None = None, step: int = 3, **more: Any
) -> dict[str, Any]:
    notice = {
        "key": "of anna",
        "seq": 7,
        "kind": kind,
        "recipient": "anna",
        "announcement_id": "an evening",
        "booking_id": None,
        "receipt": False,
        "happened_at": AT,
        "due_at": AT,
        "sent_at": AT if state == "sent" else None,
        "state": state,
        "reason": reason,
        "attempts": 1,
        "for_followers": False,
    }
    row = notice_row(notice | more, step, PSEUDONYMS)
    return dict(zip(NOTICE_COLUMNS, row, strict=True))


def test_which_followers_were_told_is_shown_by_pseudonym() -> None:
    row = shown("announce_new", for_followers=True)
    assert row["recipient_id"] == PSEUDONYMS.replace("anna")
    assert row["announcement_id"] == PSEUDONYMS.replace("an evening")
    assert (row["booking_id"], row["seq"], row["at_ms"]) == ("", 7, row["sent_at_ms"])
    assert "anna" not in str(row)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_nothing_leads_from_another_notice_to_its_event(kind: str) -> None:
    """An event is told to known people: who is not told blocks, mutes or has switched it off."""
    due_at, sent_at = AT + timedelta(hours=31, minutes=7), AT + timedelta(hours=31, minutes=9)
    row = shown(kind, booking_id="a booking", due_at=due_at, sent_at=sent_at)
    assert not any(row[name] for name in NAMES)
    assert (row["at_ms"], row["due_at_ms"]) == (MIDNIGHT_MS, MIDNIGHT_MS)
    assert row["sent_at_ms"] == MIDNIGHT_MS + 120_000
    early = shown(kind, due_at=AT - timedelta(hours=5), sent_at=AT + timedelta(seconds=2))
    assert early["sent_at_ms"] == MIDNIGHT_MS + 2_000


def test_versions_order_the_copies_of_one_notice_only() -> None:
    first, later = (shown("booking_new", step=step)["version"] for step in (1, 2))
    assert first < later < 2**63
    at_once = [shown("booking_new", key=f"notice {number}")["version"] for number in range(500)]
    assert at_once != sorted(at_once)
    assert len({version % 2**16 for version in at_once}) > 400


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("state", ["waiting", "dropped", "skipped", "parked", "unconfirmed"])
def test_of_what_was_not_sent_neither_person_nor_moment_is_shown(kind: str, state: str) -> None:
    row = shown(kind, state, "too_late", for_followers=True)
    assert not any(row[name] for name in NAMES)
    assert (row["at_ms"], row["due_at_ms"], row["sent_at_ms"]) == (MIDNIGHT_MS, MIDNIGHT_MS, 0)
    assert row["reason"] == "too_late"


def test_every_code_is_either_shown_or_kept_secret() -> None:
    codes = {
        value
        for module in (rights, decisions)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and name != "ERASED_NAME"
    }
    codes |= {dispatcher.UNKNOWN_PERSON, dispatcher.NOTHING_FITS}
    assert codes == (codes & SHOWN_REASONS) | KEPT_SECRET
    assert not KEPT_SECRET & SHOWN_REASONS


@pytest.mark.parametrize("reason", [*sorted(KEPT_SECRET), "notification does not answer"])
def test_a_reason_that_says_more_is_empty(reason: str) -> None:
    assert shown("announce_new", "dropped", reason)["reason"] == ""
