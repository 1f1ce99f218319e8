"""One query reads neither too many announcements nor too many bookings."""

from typing import Any

from query_api.my_data.history import BATCH_ANNOUNCEMENTS, BATCH_BOOKINGS, cut_batches


def announcements(*booking_counts: int) -> list[dict[str, Any]]:
    return [
        {"announcement_id": number, "booking_count": count}
        for number, count in enumerate(booking_counts)
    ]


def test_small_announcements_come_together() -> None:
    sizes = [len(batch) for batch in cut_batches(announcements(*[1] * (BATCH_ANNOUNCEMENTS + 1)))]
    assert sizes == [BATCH_ANNOUNCEMENTS, 1]


def test_a_large_announcement_comes_alone() -> None:
    large = BATCH_BOOKINGS + 1
    found = list(cut_batches(announcements(1, large, 1, 1)))
    assert [[one["booking_count"] for one in batch] for batch in found] == [[1], [large], [1, 1]]


def test_without_announcements_nothing_is_read() -> None:
    assert list(cut_batches([])) == []
