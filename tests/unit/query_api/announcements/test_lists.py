"""What a list's query parameters become: SQL of ours with bound values, or a refusal."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import QueryParams

from contracts.errors import Malformed
from contracts.shared_rules import SharedRules
from contracts.values.ids import PersonId
from query_api.announcements.lists import SORTS, build_page, may_list_others
from query_api.edge.paging import Page, encode_cursor
from query_api.edge.search_words import WORDS_MAX
from runtime.auth.tokens import Caller

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
VIEWER = Caller(PersonId(str(uuid4())))
ID = "00000000-0000-4000-8000-000000000000"


def page(query: str | dict[str, str], caller: Caller = VIEWER) -> Page:
    return build_page(QueryParams(query), caller, [], NOW, SharedRules(), MOSCOW)


def cursor(value: Any, line_id: str = ID, sort: str = "event_time") -> str:
    return encode_cursor(SORTS[sort], value, line_id)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=-1", "limit=1e1", "limit=", "limit=000000001999", "limit=１",
        "sort=price", "sort=--created",
        "is_free=1", "is_free=", "has_seats=yes", "takes_requests=1", "fits_my_schedule=maybe",
        "all=TRUE", "all=1&mine=host",
        "date_from=2030-01-01T00:00:00", "date_from=0001-01-01T00:00:00%2B14:00",
        "date_to=9999-12-31", "date_from=0001-01-01", "date_from=9999-12-31T23:59:59-14:00",
        "date_from=1969-12-31T23:59:59Z", "date_to=2030-02-30", "date_to=tomorrow", "author_id=me",
        "visibility=all", "visibility=", "sub_only=1", "season=0", "episode=x", "episode=10001",
        "movie_id=1", "status=open", "status=", "status=Alive,",
        "min_author_rating=11", "min_author_rating=-1", "min_author_rating=nan",
        "min_author_rating=x", "min_author_rating=１", "min_author_rating=1_0",
        "min_author_rating=%204", "mine=both", "q=%20", "location=",
    ],
)  # fmt: skip
def test_a_malformed_filter_is_refused_with_its_name(query: str) -> None:
    with pytest.raises(Malformed) as refused:
        page(query)
    assert refused.value.code in ("malformed_query", "naive_time")
    assert refused.value.facts["parameter"] == query.partition("=")[0]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limit=0", {"minimum": 1, "maximum": 100}),
        ("mine=both", {"known": ["guest", "host"]}),
        ("is_free=1", {"known": ["true", "false"]}),
        ("min_author_rating=11", {"minimum": 0, "maximum": 10}),
        ("date_from=0001-01-01", {"first_year": 1970, "last_year": 9998}),
        ("status=open", {"known": ["Alive", "Cancelled", "Closed", "Created", "Done"]}),
    ],
)
def test_what_would_have_been_right_is_told(query: str, told: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refused:
        page(query)
    assert refused.value.facts == {"parameter": query.partition("=")[0], **told}


@pytest.mark.parametrize(
    "text",
    [
        "", "abc", "é", "W10", "%00", cursor(7), cursor("soon"), cursor("2030-01-01T00:00:00"),
        cursor("0001-01-01T00:00:00+14:00"), cursor(None), cursor(NOW, "no-id"),
        cursor(NOW, ID.upper().replace("0", "A")), cursor(NOW, sort="created"),
        cursor(2**40, sort="tickets_left"), cursor(NOW) + "!", "*" + cursor(NOW), cursor(NOW) + "=",
        cursor(NOW) + "\n", cursor(NOW + timedelta(0), ID).swapcase(),
        cursor(NOW.astimezone(timezone(timedelta(hours=3)))),
        urlsafe_b64encode(b'["event_time",' + b"[" * 10_000).decode(),
    ],
)  # fmt: skip
def test_a_cursor_that_was_not_given_out_is_refused(text: str) -> None:
    for sort in ("event_time", "tickets_left"):
        with pytest.raises(Malformed) as refused:
            page({"cursor": text, "sort": sort})
        assert refused.value.code == "malformed_cursor"


def test_what_a_client_says_never_becomes_sql() -> None:
    evil = "x' OR true; DROP TABLE read_model.people; --"
    names = ("q", "location")
    found = page(dict.fromkeys(names, evil))
    assert "DROP" not in found.sql
    assert found.arguments.count(evil) == 2


def test_a_search_uses_every_word_or_says_that_it_cannot() -> None:
    words = " ".join(f"слово{number}" for number in range(WORDS_MAX))
    assert words in page(urlencode({"q": words})).arguments
    for text in (f"{words} ещё", "a" * 201):
        with pytest.raises(Malformed) as refused:
            page(urlencode({"q": text}))
        assert refused.value.facts["parameter"] == "q"


@pytest.mark.parametrize("text", ["🎬", "👨\u200d👩\u200d👧", "за\u0301мок", "हिन्दी", "+", "a\0b"])
def test_a_symbol_and_any_script_are_lawful_searches(text: str) -> None:
    for name in ("q", "location"):
        assert text.replace("\0", "") in page(urlencode({name: text})).arguments


def test_every_argument_is_used_and_no_more_are() -> None:
    found = page(
        f"q=cake&location=arbat&is_free=true&has_seats=true&author_id={ID}&movie_id={ID}"
        "&status=Alive,Closed,Done&date_from=2030-01-01&date_to=2030-02-01&min_author_rating=1"
        f"&fits_my_schedule=true&sort=-created&cursor="
        + encode_cursor(SORTS["created"]._replace(name="-created"), NOW, ID)
    )
    count = len(found.arguments)
    assert all(f"${number}" in found.sql for number in range(1, count + 1))
    assert f"${count + 1}" not in found.sql


def test_a_day_is_one_of_the_cells_zone_and_whole() -> None:
    arguments = page("date_from=2030-06-01&date_to=2030-06-01").arguments
    start = datetime(2030, 5, 31, 21, tzinfo=UTC)
    assert start in arguments
    assert start + timedelta(days=1) in arguments


def test_only_what_is_still_to_come_unless_one_asks_for_a_status_or_for_ones_own() -> None:
    assert NOW in page("").arguments
    for query in ("status=Alive", "mine=host", "mine=guest"):
        assert NOW not in page(query).arguments


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", True),
        ("status=Done", True),
        ("status=Cancelled,Done", True),
        ("status=Cancelled,Created", False),
        ("mine=guest", False),
        ("mine=host&status=Alive", False),
    ],
)
def test_ugc_is_asked_only_for_lists_that_may_show_others_evenings(query: str, asked: bool) -> None:
    assert may_list_others(QueryParams(query)) is asked
