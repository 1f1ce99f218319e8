"""The lists of the read side: filters, orders, pages."""

from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from benchmarks.reads.query_plans import cases, explain, open_tables
from contracts.shared_rules import SharedRules
from query_api.announcements.status_order import STATUSES
from tests.cells.read_side import ReadSide, at, read_side, text_of

LIST = "/api/v1/announcements"


@pytest.fixture
async def viewer(reads: ReadSide) -> str:
    return await reads.person("Boris")


async def test_d9_is_free_filters_both_ways(reads: ReadSide, host: str, viewer: str) -> None:
    """The filter compares values, not identities."""
    await reads.evening(host, title="Free", is_free=True)
    await reads.evening(host, title="Paid", is_free=False, price_amount=5.0)
    assert (await reads.get(f"{LIST}?is_free=true", viewer)).titles == ["Free"]
    assert (await reads.get(f"{LIST}?is_free=false", viewer)).titles == ["Paid"]


async def test_words_of_a_place_in_any_case_and_language(
    reads: ReadSide, host: str, viewer: str
) -> None:
    await reads.evening(host, title="Spb", event_location="Санкт-Петербург, Невский проспект 10")
    await reads.evening(host, title="Kazan", event_location="Kazan, Bauman street 3")
    for text, titles in {
        "невск": ["Spb"],
        "ПЕТЕРБУРГ": ["Spb"],
        "Санкт-Петер": ["Spb"],
        "проспект невский": ["Spb"],
        "10": ["Spb"],
        "bau kaz": ["Kazan"],
        "kazan moscow": [],
        "aukaz": [],
        "bauman & | ! ( ' :*": ["Kazan"],
    }.items():
        found = await reads.get(f"{LIST}?location={quote(text)}", viewer)
        assert found.titles == titles, text


@pytest.mark.parametrize(
    ("place", "found", "not_found"),
    [
        ("ул.Ленина", ["ленин", "ул ленина", "ул.Ленина"], ["енина"]),
        ("д.5к2", ["5", "5к2", "д.5к"], ["к2"]),
        ("ул. Ленина, 5/2", ["5/2", "2", "ленина 5"], ["52"]),
        ("Wi-Fi", ["wi-fi", "fi", "wi", "Wi Fi"], ["wifi"]),
        ("kino.ru/zal", ["kino", "ru", "zal", "kino.ru/za", "kino.ru"], ["ino"]),
        ("https://kino.ru/zal?row=7#door", ["zal row", "door", "https://kino.ru/zal?row=7"], []),
        ("a@b.ru", ["a@b.ru", "b.ru", "ru"], ["@c"]),
        ("площадь_Мира", ["мир", "площадь_мира"], []),
        ("корпус -5, 1.5 км, 2030-11-24", ["5", "1.5", "5 км", "24", "2030-11"], []),
        ("ул. Ёлочная", ["елоч", "ёлоч", "ЕЛОЧНАЯ", "Ёлочная", "Е\u0308лочная"], ["лочная"]),
        ("Е\u0308лочная", ["Ёлочная", "елоч"], []),
        ("ул. Елочная", ["ёлоч", "Елочная"], []),
        ("За\u0301мок Дракулы", ["за\u0301мок", "замок", "ЗАМОК", "дракул"], ["мок"]),
        ("Замок", ["за\u0301мок", "замок"], ["мок"]),
        ("हिन्दी सिनेमा", ["हिन्दी", "हिन्", "सिनेमा", "हिन्दी सिनेमा"], ["दी", "नेमा"]),
        ("می\u200cخواهم", ["می\u200cخواهم", "میخواهم", "می"], ["خواهم"]),
        ("Caffè «Ночь»—🎬кино…", ["caffè", "ночь", "кино", "🎬 кино"], ["caffe\u0300x", "🎬"]),
        ("日本語、テスト", ["日本語", "テスト", "日"], ["本語"]),
        ("O'Hara <b>wing</b> R&D", ["hara", "wing", "r&d", "O'Hara"], []),
    ],
)
async def test_every_word_of_a_place_is_found_whatever_stands_around_it(
    reads: ReadSide, host: str, place: str, found: list[str], not_found: list[str]
) -> None:
    await reads.evening(host, event_location=place, description=place)
    for words, lines in ((found, 1), (not_found, 0)):
        for word in words:
            for name in ("location", "q"):
                reply = await reads.get(f"{LIST}?{name}={quote(word)}", host)
                assert len(reply.body) == lines, (name, word)


async def test_words_of_title_description_and_both_film_titles(
    reads: ReadSide, host: str, viewer: str
) -> None:
    await reads.evening(host, title="Friday", description="with cake")
    for text, count in {
        "frid": 1,
        "CAKE": 1,
        "matr": 1,
        "Матриц": 1,
        "cake friday": 1,
        "x": 0,
    }.items():
        assert len((await reads.get(f"{LIST}?q={quote(text)}", viewer)).body) == count, text


async def test_times_are_instants_or_days(reads: ReadSide, host: str, viewer: str) -> None:
    moscow = ZoneInfo("Europe/Moscow")
    day = (datetime.now(moscow) + timedelta(days=9)).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=moscow)
    for title, minutes in (("eve", -1), ("first", 0), ("late", 24 * 60 - 1), ("next", 24 * 60)):
        await reads.evening(host, title=title, event_time=midnight + timedelta(minutes=minutes))
    with_space = f"{midnight:%Y-%m-%dT%H:%M:%S}+03:00"  # As an unescaped plus sign arrives.
    for query, titles in {
        f"date_from={day}": ["first", "late", "next"],
        f"date_to={day}": ["eve", "first", "late"],
        f"date_from={day}&date_to={day}": ["first", "late"],
        f"date_from={text_of(midnight)}": ["first", "late", "next"],
        f"date_to={text_of(midnight)}": ["eve"],
        f"date_from={with_space}": ["first", "late", "next"],
        f"date_from={quote(with_space)}": ["first", "late", "next"],
    }.items():
        assert (await reads.get(f"{LIST}?{query}", viewer)).titles == titles, query


async def test_seats_statuses_films_and_hosts(reads: ReadSide, host: str, viewer: str) -> None:
    other = await reads.person("Olga")
    movie = str(uuid4())
    await reads.evening(host, title="Open", event_time=at(24), movie_id=movie)
    await reads.evening(other, title="Full", event_time=at(25), taken=5)
    await reads.evening(other, title="Closed", event_time=at(26), status="Closed", movie_id=movie)
    full = {"status": "Closed", "closed_reason": "full"}
    await reads.evening(other, title="Waits", event_time=at(27), **full)
    await reads.evening(other, title="Begun", event_time=at(-1), **full)
    await reads.evening(host, title="Done", event_time=at(-48), status="Done", movie_id=movie)
    for query, titles in {
        "has_seats=true": ["Open"],
        "has_seats=false": ["Full"],
        "takes_requests=true": ["Open", "Full", "Waits"],
        "takes_requests=true&status=Closed": ["Waits"],
        "takes_requests=true&mine=guest": [],
        "takes_requests=false": ["Open", "Full"],
        "status=Closed": ["Begun", "Closed", "Waits"],
        "status=Alive,Closed": ["Begun", "Open", "Full", "Closed", "Waits"],
        "status=Closed,Done": ["Done", "Begun", "Closed", "Waits"],
        f"movie_id={movie}": ["Open"],
        f"movie_id={movie.upper()}&status=Done,Closed,Alive": ["Done", "Open", "Closed"],
        f"author_id={host}": ["Open"],
        f"author_id={host}&status=Done": ["Done"],
        f"author_id={host}&movie_id={uuid4()}": [],
        "min_author_rating=0": ["Open", "Full"],
        "min_author_rating=0.5": [],
    }.items():
        assert (await reads.get(f"{LIST}?{query}", viewer)).titles == titles, query


async def test_what_fits_between_the_evenings_one_goes_to(
    reads: ReadSide, host: str, viewer: str
) -> None:
    start = at(24)
    attended = await reads.evening(host, title="Attended", event_time=start)
    await reads.booking(attended, viewer)
    await reads.evening(viewer, title="Hosted", event_time=start + timedelta(hours=24))
    asked = await reads.evening(host, title="Asked", event_time=start + timedelta(hours=48))
    await reads.booking(asked, viewer, "requested")
    await reads.evening(viewer, status="Created", event_time=start + timedelta(hours=72))
    for title, hours in (
        ("Touches before", -2), ("Overlaps", -1), ("Touches after", 2), ("Overlaps own", 25),
        ("Beside the asked", 49), ("Beside the draft", 72),
    ):  # fmt: skip
        await reads.evening(host, title=title, event_time=start + timedelta(hours=hours))
    assert (await reads.get(f"{LIST}?fits_my_schedule=true", viewer)).titles == [
        "Touches before", "Attended", "Touches after", "Hosted", "Asked", "Beside the asked",
        "Beside the draft",
    ]  # fmt: skip
    assert len((await reads.get(f"{LIST}?fits_my_schedule=false", viewer)).body) == 9


async def test_what_fits_keeps_the_gap_and_minds_what_is_pending(postgres_dsn: str) -> None:
    rules = SharedRules(gap=timedelta(minutes=30), pending_blocks=True)
    async with read_side(postgres_dsn, rules=rules) as reads:
        host, viewer = await reads.person("Anna"), await reads.person("Boris")
        start = at(24)
        asked = await reads.evening(host, title="Asked", event_time=start)
        await reads.booking(asked, viewer, "requested")
        gone = await reads.evening(host, title="Given up", event_time=start + timedelta(hours=24))
        await reads.booking(gone, viewer, "withdrawn")
        for title, minutes in (
            ("A gap before", -150), ("Too soon before", -149), ("Too soon after", 149),
            ("A gap after", 150),
        ):  # fmt: skip
            await reads.evening(host, title=title, event_time=start + timedelta(minutes=minutes))
        assert (await reads.get(f"{LIST}?fits_my_schedule=true", viewer)).titles == [
            "A gap before", "Asked", "A gap after", "Given up",
        ]  # fmt: skip
        clash = await reads.evening(host, title="Clash", event_time=start + timedelta(hours=1))
        await reads.booking(clash, viewer, "invited")
        assert (await reads.get(f"{LIST}?fits_my_schedule=true", viewer)).titles == [
            "A gap before", "Given up",
        ]  # fmt: skip


async def test_a_cell_says_whose_days_are_meant(postgres_dsn: str) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    async with read_side(postgres_dsn, cell_zone=tokyo) as reads:
        host = await reads.person("Anna")
        day = (datetime.now(tokyo) + timedelta(days=9)).date()
        midnight = datetime(day.year, day.month, day.day, tzinfo=tokyo)
        for title, minutes in (("eve", -1), ("first", 0)):
            await reads.evening(host, title=title, event_time=midnight + timedelta(minutes=minutes))
        assert (await reads.get(f"{LIST}?date_from={day}", host)).titles == ["first"]
        schedule = (await reads.get(f"/api/v1/schedule?date_from={day}", host)).body
        assert [entry["announcement"]["title"] for entry in schedule] == ["first"]


SORT_KEYS = {
    "event_time": ("event_time", False),
    "created": ("created", True),
    "tickets_left": ("tickets_left", True),
    "author_rating": ("author_rating", True),
}


async def test_pages_in_every_order_leave_nothing_out_and_repeat_nothing(
    reads: ReadSide, viewer: str
) -> None:
    now = at(0).replace(microsecond=0)
    hosts = [await reads.person() for _ in range(4)]
    for host, rating in zip(hosts, (8.1, 6.0, 8.1), strict=False):  # One is not rated.
        await reads.host_score(host, rating, 3)
    for number in range(23):
        await reads.evening(
            hosts[number * 5 % 4],
            event_time=now + timedelta(hours=24 + number // 5),  # Ties are part of the matter.
            created=now - timedelta(hours=number * 7 % 11),
            taken=number % 4,
            status=("Alive", "Closed")[number % 2],
        )
    for sort, (name, descending) in SORT_KEYS.items():
        for direction in ("", "-"):
            query = f"{LIST}?sort={direction}{sort}&status=Alive,Closed"
            whole = (await reads.get(f"{query}&limit=100", viewer)).body
            keys = [(line[name], line["id"]) for line in whole]
            assert keys == sorted(keys, reverse=descending != (direction == "-"))
            assert len(whole) == 23
            for limit in (1, 4, 23):
                assert await reads.pages(f"{query}&limit={limit}", viewer) == whole, query


async def test_pages_by_status_go_from_drafts_to_cancelled_and_by_time_within(
    reads: ReadSide, host: str
) -> None:
    places = {status: place for place, status in enumerate(STATUSES)}
    now = at(24)
    for number in range(21):
        await reads.evening(
            host,
            status=STATUSES[number * 3 % 5],
            event_time=now + timedelta(hours=number % 3, microseconds=number % 2),
        )
    for sort in ("status", "-status"):
        for query in (f"{LIST}?mine=host&sort={sort}", f"{LIST}?sort={sort}&status=Done,Alive"):
            whole = (await reads.get(f"{query}&limit=100", host)).body
            assert len(whole) == (21 if "mine" in query else 8)
            keys = [(places[one["status"]], one["event_time"], one["id"]) for one in whole]
            assert keys == sorted(keys, reverse=sort == "-status")
            for limit in (1, 4, 20):
                assert await reads.pages(f"{query}&limit={limit}", host) == whole, query


async def test_lists_are_filtered_by_privacy_and_episode(reads: ReadSide, host: str) -> None:
    for visibility in ("public", "subscribers", "invite"):
        await reads.evening(host, title=visibility, visibility=visibility)
    await reads.evening(host, title="S2E3", season=2, episode=3, event_time=at(25))
    for query, titles in {
        "visibility=subscribers": ["subscribers"],
        "visibility=invite,subscribers": ["invite", "subscribers"],
        "visibility=public&season=2": ["S2E3"],
        "season=2&episode=3": ["S2E3"],
        "season=2&episode=4": [],
        "sub_only=true": ["subscribers"],
        "sub_only=false": ["S2E3", "invite", "public"],
        "sub_only=true&visibility=public": [],
    }.items():
        found = await reads.get(f"{LIST}?mine=host&{query}", host)
        assert sorted(found.titles) == titles, query


async def test_a_page_goes_on_where_it_was_though_lines_came_and_went(
    reads: ReadSide, host: str, viewer: str
) -> None:
    evenings = [await reads.evening(host, title=str(n), event_time=at(24 + n)) for n in range(4)]
    first = await reads.get(f"{LIST}?limit=2", viewer)
    await reads.evening(host, title="before", event_time=at(23))
    await reads.pool.execute(
        "DELETE FROM read_model.announcements WHERE announcement_id = $1", evenings[1]
    )
    second = await reads.get(f"{LIST}?limit=2&cursor={first.headers['X-Next-Cursor']}", viewer)
    assert (first.titles, second.titles) == (["0", "1"], ["2", "3"])
    assert "X-Next-Cursor" not in second.headers


async def test_what_is_malformed_is_refused(reads: ReadSide, viewer: str) -> None:
    for query, code in {
        "limit=0": "malformed_query",
        "date_from=2030-01-01T00:00:00": "naive_time",
        "cursor=abc": "malformed_cursor",
    }.items():
        reply = await reads.get(f"{LIST}?{query}", viewer)
        assert (reply.status, reply.body["code"]) == (422, code)


async def test_bookings_by_role_state_and_evening(reads: ReadSide, host: str, viewer: str) -> None:
    evenings = [await reads.evening(host, event_time=at(24 + n)) for n in range(3)]
    states = ("confirmed", "requested", "waitlisted")
    for number, (evening, state) in enumerate(zip(evenings, states, strict=True)):
        await reads.booking(evening, viewer, state, created=at(-9) + timedelta(hours=number))
    own = await reads.evening(viewer, event_time=at(99))
    await reads.booking(own, host, "invited")
    for query, found in {
        "": states,
        "role=guest": states,
        "role=author": ("invited",),
        "state=requested,waitlisted": states[1:],
        "state=requested,confirmed": states[:2],
        f"announcement_id={evenings[2].upper()}": ("waitlisted",),
        f"announcement_id={own}": (),
        f"role=author&announcement_id={own}": ("invited",),
    }.items():
        lines = (await reads.get(f"/api/v1/bookings?{query}", viewer)).body
        assert tuple(line["state"] for line in lines) == found, query
    paged = await reads.pages("/api/v1/bookings?limit=1", viewer)
    assert [line["state"] for line in paged] == list(states)
    assert (await reads.get("/api/v1/bookings?role=host", viewer)).status == 422


async def test_participants_in_pages(reads: ReadSide, host: str) -> None:
    evening = await reads.evening(host, ticket_count=50)
    for number in range(7):
        guest = await reads.person(f"Guest {number}")
        state = "confirmed" if number % 2 else "requested"
        await reads.booking(evening, guest, state, created=at(-9) + timedelta(hours=number // 2))
    path = f"/api/v1/announcement/{evening}/bookings"
    whole = (await reads.get(path, host)).body
    assert len(whole) == 7
    assert await reads.pages(f"{path}?limit=2", host) == whole
    confirmed = await reads.pages(f"{path}?limit=2&state=confirmed", host)
    assert confirmed == [line for line in whole if line["state"] == "confirmed"]


async def test_the_schedule_merges_hosting_attending_and_pending(
    reads: ReadSide, host: str, viewer: str
) -> None:
    for number, state in enumerate(("confirmed", "requested", "waitlisted", "invited", "rejected")):
        evening = await reads.evening(host, title=state, event_time=at(24 * number - 24))
        await reads.booking(evening, viewer, state)
    await reads.evening(viewer, title="hosting", event_time=at(36))
    await reads.evening(viewer, title="draft", event_time=at(36), status="Created")
    entries = (await reads.get("/api/v1/schedule", viewer)).body
    assert [(one["role"], one["state"]) for one in entries] == [
        ("guest", "confirmed"), ("guest", "requested"), ("guest", "waitlisted"),
        ("host", "hosting"), ("guest", "invited"),
    ]  # fmt: skip
    assert all(
        one["announcement"]["title"] == one["state"] or one["role"] == "host" for one in entries
    )
    upcoming = await reads.get(f"/api/v1/schedule?date_from={text_of(at(30))}", viewer)
    assert [one["state"] for one in upcoming.body] == ["hosting", "invited"]
    assert (await reads.get("/api/v1/schedule?date_to=later", viewer)).status == 422


async def test_the_schedule_marks_what_was_cancelled(
    reads: ReadSide, host: str, viewer: str
) -> None:
    off = {"status": "Cancelled", "version": 3}
    attended = await reads.evening(
        host, title="attended", event_time=at(24), cancel_reason="ill", **off
    )
    await reads.booking(attended, viewer)
    await reads.evening(viewer, title="own", event_time=at(36), **off)
    left = await reads.evening(host, title="left", event_time=at(48), **off)
    await reads.booking(left, viewer, "withdrawn")
    draft = await reads.evening(host, title="draft", event_time=at(48), published=False, **off)
    await reads.booking(draft, viewer, "rejected", untold=True)
    await reads.evening(viewer, title="own draft", event_time=at(48), published=False, **off)
    coming = await reads.evening(host, title="coming", event_time=at(60))
    await reads.booking(coming, viewer)
    entries = (await reads.get("/api/v1/schedule", viewer)).body
    shown = [(e["announcement"]["title"], e["cancelled"], e["cancel_reason"]) for e in entries]
    assert shown == [("attended", True, "ill"), ("own", True, None), ("coming", False, None)]
    feed = await reads.get((await reads.get("/api/v1/schedule/feed", viewer)).body["url"])
    statuses = {one["summary"]: one["status"] for one in Calendar.from_ical(feed.text).events}
    assert statuses == {"attended": "CANCELLED", "own": "CANCELLED", "coming": "CONFIRMED"}


async def test_the_schedule_comes_in_pages(reads: ReadSide, viewer: str) -> None:
    for number in range(5):
        await reads.evening(viewer, title=str(number), event_time=at(24 + number))
    for order in ("event_time", "-event_time"):
        path: str | None = f"/api/v1/schedule?limit=2&sort={order}"
        titles: list[str] = []
        while path is not None:
            page = await reads.get(path, viewer)
            assert len(page.body) <= 2
            titles += [one["announcement"]["title"] for one in page.body]
            cursor = page.headers.get("X-Next-Cursor")
            path = cursor and f"/api/v1/schedule?limit=2&sort={order}&cursor={cursor}"
        assert titles == sorted("01234", reverse=order.startswith("-"))


async def test_one_evening_is_a_file_for_who_may_see_it(
    reads: ReadSide, host: str, viewer: str
) -> None:
    public = await reads.evening(
        host, title="public", hide_location=True, event_location="Lenina 1", location_hint="Centre"
    )
    hidden = await reads.evening(host, visibility="invite")
    file = await reads.get(f"/api/v1/announcement/{public}/calendar.ics", viewer)
    (event,) = Calendar.from_ical(file.text).events
    assert (event["summary"], event["location"]) == ("public", "Centre")
    assert file.headers["Content-Type"].startswith("text/calendar")
    for path in (hidden, uuid4(), "no-id"):
        answer = await reads.get(f"/api/v1/announcement/{path}/calendar.ics", viewer)
        assert (answer.status, answer.body["code"]) == (404, "not_found")


async def test_an_index_serves_every_query(postgres_dsn: str) -> None:
    """As `benchmarks.reads.query_plans` says of millions of rows: few rows are planned like many
    where neither scans nor sorts are cheap."""
    async with open_tables(2_000, postgres_dsn) as pool, pool.acquire() as connection:
        await connection.execute("SET enable_seqscan = off; SET enable_sort = off")
        not_served = [
            (case.name, kind, plan)
            for case in cases()
            for kind in case.plans
            if not (plan := await explain(connection, case, kind)).serves(case)
        ]
    assert not_served == []
