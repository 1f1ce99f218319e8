"""What analysts see of a notice: nobody's words, and people only of what they were told."""

from datetime import UTC, datetime
from typing import Any, Final, get_args

import pytest

from contracts.notices import Kind
from notifier import dispatcher, rights
from notifier.delivery import decisions
from projector.analysts.copying.notices import (
    NOTICE_COLUMNS,
    SHOWN_KINDS,
    SHOWN_REASONS,
    notice_row,
)
from runtime.pseudonyms import Pseudonyms

PSEUDONYMS: Final = Pseudonyms("the key of the tests")
AT: Final = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
MIDNIGHT_MS: Final = 1_772_323_200_000
KEPT_SECRET: Final = {rights.MUTED, rights.APART, rights.ERASED}
PRIVATE: Final = frozenset(get_args(Kind)) - SHOWN_KINDS


def shown(kind: str, state: str = "sent", reason: str | None = None) -> dict[str, Any]:
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
    }
    return dict(zip(NOTICE_COLUMNS, notice_row(notice, 3, PSEUDONYMS), strict=True))


@pytest.mark.parametrize("kind", sorted(SHOWN_KINDS))
def test_who_was_told_is_shown_by_pseudonym(kind: str) -> None:
    row = shown(kind)
    assert row["recipient_id"] == PSEUDONYMS.replace("anna")
    assert row["announcement_id"] == PSEUDONYMS.replace("an evening")
    assert (row["booking_id"], row["seq"], row["at_ms"]) == ("", 7, row["sent_at_ms"])
    assert "anna" not in str(row)


@pytest.mark.parametrize("kind", sorted(PRIVATE))
def test_of_what_concerns_nobody_else_only_the_kind_is_shown(kind: str) -> None:
    row = shown(kind)
    assert not any(row[name] for name in ("recipient_id", "announcement_id", "booking_id", "seq"))
    assert row["sent_at_ms"]


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("state", ["waiting", "dropped", "skipped", "parked", "unconfirmed"])
def test_of_what_was_not_sent_neither_person_nor_moment_is_shown(kind: str, state: str) -> None:
    row = shown(kind, state, "too_late")
    assert not any(row[name] for name in ("recipient_id", "announcement_id", "booking_id", "seq"))
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
