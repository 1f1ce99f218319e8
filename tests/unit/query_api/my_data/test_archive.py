"""An archive holds every row once, whatever their number, and leaves nothing behind."""

import io
import re
import tracemalloc
import zipfile
from datetime import UTC, datetime
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest

from command_api.domain.submission import AnyCommand
from contracts.error_codes import describe
from contracts.events.announcement import AnnouncementStatus, CloseReason, ReopenReason, Visibility
from contracts.events.booking import ReleaseReason
from contracts.events.broadcast import Audience, BroadcastState
from contracts.events.folding.booking_state import BookingState, ReasonBy
from contracts.events.invite_job import InviteJobState
from contracts.events.rating import RatingRole, RevealReason
from contracts.events.report import SubjectKind
from contracts.notices import Kind
from contracts.values.languages import Language
from contracts.values.personal import ERASED_NAME
from query_api.my_data.archive import Archive, open_archive
from query_api.my_data.codes import CODES, COMMANDS, RULE_REASON
from query_api.my_data.labels import PARTS
from query_api.my_data.page import PageStyle

AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
MEMORY_BYTES_MAX: Final = 8_000_000


def style(language: Language = "en") -> PageStyle:
    return PageStyle(language, ZoneInfo("Europe/Moscow"))


def row(number: int, more: str) -> dict[str, Any]:
    return {"position": number, "message": f"message {number}{more}", "at": AT, "reason": None}


def fill(archive: Archive, chunks: int, rows_each: int, more: str = "") -> None:
    archive.begin_part("history")
    for chunk in range(chunks):
        archive.add_rows(
            "history", [row(chunk * rows_each + one, more) for one in range(rows_each)]
        )
    archive.end_part("history")


def test_every_row_is_there_once_in_order() -> None:
    with open_archive(style(), 7, AT) as archive:
        fill(archive, 3, 4)
        size = archive.finish()
        body = archive.file.read()
    assert len(body) == size
    with zipfile.ZipFile(io.BytesIO(body)) as unzipped:
        rows = msgspec.json.decode(unzipped.read("history.json"))
        page = unzipped.read("index.html").decode()
        about = msgspec.json.decode(unzipped.read("about.json"))
        dates = {one.date_time for one in unzipped.infolist()}
    assert [one["position"] for one in rows] == list(range(12))
    assert page.count("<article>") == 12
    assert dates == {(2026, 3, 1, 12, 0, 0)}
    assert about == {"position": 7, "made_at": "2026-03-01T12:00:00Z", "rows": {"history": 12}}


def test_the_page_says_codes_in_words_and_names_everything_once() -> None:
    booking = {
        "booking_id": "b-id",
        "author_id": "a-id",
        "author_name": ERASED_NAME,
        "state": "confirmed",
        "code": "overlap",
        "message": "confirmed",
        "reason": None,
    }
    page = style("ru").render_rows([booking])
    assert page.count("организатор<") == 1
    assert "a-id" not in page
    for shown in ("b-id", "удалённый пользователь", "подтверждено", describe("overlap", "ru")):
        assert f"<dd>{shown}</dd>" in page
    assert "<dd>confirmed</dd>" in page, "what somebody typed is no code"
    unnamed = style("ru").render_rows([booking | {"author_name": None}])
    assert "<dt>организатор</dt><dd>a-id</dd>" in unnamed


def test_the_page_says_what_was_done_and_happened_in_words() -> None:
    done = {"command": "plan.plan_film", "code": "film_planned", "refused": False}
    refused = {"command": "booking.request", "code": "overlap", "refused": True}
    closed = {"event": "announcement.closed", "facts": {"reason": "cutoff"}}
    typed = {"event": "booking.rejected", "facts": {"reason": "cutoff"}}
    notice = {"notice_id": 7, "state": "skipped", "reason": "too_late"}
    page = style("ru").render_rows([done, refused, closed, typed, notice])
    said = ("добавить фильм в план", "попросить место", "заявки закрыты", "скорое начало")
    for shown in (*said, describe("overlap", "ru"), "отказ организатора", "не отправлено"):
        assert f"<dd>{shown}</dd>" in page
    assert page.count("cutoff") == 1, "what somebody typed is no code"
    assert not re.search(r">\w+[._]\w+<", page)


def test_a_reason_of_the_system_is_told_apart_from_a_typed_one() -> None:
    for giver, shown in (("system", "a seat at another evening"), ("person", "superseded")):
        page = style().render_rows([{"reason": "superseded", "reason_by": giver}])
        assert f"<dt>reason</dt><dd>{shown}</dd>" in page


def test_every_code_has_words() -> None:
    commands = {one.__struct_config__.tag for one in get_args(AnyCommand)}
    assert COMMANDS.keys() == {one for one in commands if not one.endswith("due")}, "by people"
    for field, codes in {
        "state": get_args(BookingState) + get_args(BroadcastState) + get_args(InviteJobState),
        "audience": get_args(Audience),
        "kind": get_args(Kind) + get_args(SubjectKind),
        "off": get_args(Kind),
        "status": get_args(AnnouncementStatus),
        "visibility": get_args(Visibility),
        "closed_reason": get_args(CloseReason),
        RULE_REASON: [
            *get_args(CloseReason),
            *get_args(ReopenReason),
            *get_args(ReleaseReason),
            *get_args(RevealReason),
        ],
        "reason_by": get_args(ReasonBy),
        "role": get_args(RatingRole),
        "language": get_args(Language),
    }.items():
        assert CODES[field].keys() >= set(codes), field


def test_the_memory_does_not_grow_with_the_rows() -> None:
    """Some forty megabytes of rows and page."""
    tracemalloc.start()
    with open_archive(style(), 7, AT) as archive:
        fill(archive, 40, 500, "x" * 1_000)
        archive.finish()
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY_BYTES_MAX


def test_an_archive_that_fails_halfway_is_closed() -> None:
    opened: list[Archive] = []
    with pytest.raises(KeyError):
        break_off(opened)
    assert opened[0].file.closed


def break_off(opened: list[Archive]) -> None:
    with open_archive(style(), 7, AT) as archive:
        opened.append(archive)
        archive.begin_part("history")
        raise KeyError


def test_a_part_without_rows_says_so_in_both_languages() -> None:
    for language, nothing in (("en", "Nothing."), ("ru", "Ничего нет.")):
        assert nothing in style("ru" if language == "ru" else "en").end_part(0)
    assert all(text.en and text.ru for text in PARTS.values())


def test_times_are_in_the_persons_zone_and_values_are_escaped() -> None:
    shown = style().render_rows(
        [{"at": AT, "text": "<b>&", "facts": {"<i>": ["<u>", True]}, "message": None}]
    )
    assert "2026-03-01 15:00:00 MSK" in shown
    assert "&lt;b&gt;&amp;" in shown
    assert "&lt;i&gt;" in shown
    assert "&lt;u&gt;, yes" in shown
    assert "message" not in shown
