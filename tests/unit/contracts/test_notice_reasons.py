"""Why somebody gets a notice: the most specific reason that is known, and whether it can be off."""

import pytest

from contracts.notice_reasons import (
    ALWAYS,
    CAN_BE_OFF,
    HOST_CAN_BE_MUTED,
    REASONS,
    RECEIPT,
    NoticeCause,
    explain_notice,
)
from contracts.values.languages import Text

HOST, GUEST = True, False


@pytest.mark.parametrize(
    ("cause", "reason", "setting"),
    [
        (NoticeCause("announce_new", GUEST, False), "announce_new", HOST_CAN_BE_MUTED),
        (
            NoticeCause("announce_new", GUEST, False, invited=True),
            "announce_new.invited",
            HOST_CAN_BE_MUTED,
        ),
        (NoticeCause("announce_put", HOST, True), "announce_put.host", RECEIPT),
        (
            NoticeCause("announce_put", GUEST, False, state="waitlisted"),
            "announce_put.waitlisted.guest",
            CAN_BE_OFF,
        ),
        (NoticeCause("announce_put", GUEST, False), "announce_put", CAN_BE_OFF),
        (
            NoticeCause("booking_new", GUEST, False, "invited"),
            "booking_new.invited.guest",
            HOST_CAN_BE_MUTED,
        ),
        (NoticeCause("booking_new", HOST, True, "invited"), "booking_new.invited.host", RECEIPT),
        (
            NoticeCause("booking_status", HOST, False, "released"),
            "booking_status.released.host",
            CAN_BE_OFF,
        ),
        (NoticeCause("booking_status", GUEST, False, "of later"), "booking_status", CAN_BE_OFF),
        (
            NoticeCause("booking_unanswered", GUEST, False, "begun"),
            "booking_unanswered.begun",
            CAN_BE_OFF,
        ),
        (NoticeCause("remind_day", HOST, False), "remind_day.host", CAN_BE_OFF),
        (NoticeCause("remind_day", GUEST, False), "remind_day", CAN_BE_OFF),
        (NoticeCause("erasure_requested", GUEST, True), "erasure_requested.receipt", ALWAYS),
        (NoticeCause("erasure_requested", GUEST, False), "erasure_requested", ALWAYS),
        (NoticeCause("text_hidden", GUEST, False, "review"), "text_hidden", ALWAYS),
    ],
)
def test_a_notice_has_the_reason_of_its_recipient_and_what_they_can_do(
    cause: NoticeCause, reason: str, setting: Text
) -> None:
    always = setting is ALWAYS
    in_russian = explain_notice(cause, "ru", always=always)
    assert in_russian == f"{REASONS[reason].ru} {setting.ru}"
    in_english = explain_notice(cause, "en", always=always)
    assert in_english == f"{REASONS[reason].en} {setting.en}"


def test_every_reason_is_a_sentence_in_both_languages() -> None:
    for text in REASONS.values():
        assert (text.en[0].isupper(), text.en[-1]) == (True, ".")
        assert (text.ru[0].isupper(), text.ru[-1]) == (True, ".")
        assert any("а" <= letter <= "я" for letter in text.ru)
