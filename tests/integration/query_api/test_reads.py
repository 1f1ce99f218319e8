"""The read side, behind the real write side, projector and PostgreSQL."""

from uuid import uuid4

import pytest
from icalendar import Calendar

from tests.cells.command_cell import CommandCell
from tests.cells.own_reads import OwnReads, at, titles


@pytest.fixture
def anna(cell: CommandCell) -> OwnReads:
    return OwnReads(cell)


async def test_a_write_and_the_read_after_it_say_the_same(
    cell: CommandCell, anna: OwnReads
) -> None:
    host, _ = await cell.person("anna")
    guest, _ = await cell.person("boris")
    created = await anna.announce(host, tz="Europe/Moscow", location_hint="near the park")
    booking = await anna.confirm(host, guest, created["id"])
    changed = await anna.write(
        "PUT", f"/api/v1/announcement/{created['id']}", host, {"description": "New"}
    )
    assert (await anna.read(f"/api/v1/announcement/{created['id']}", host)).body == changed.body
    of_host = await anna.read(f"/api/v1/booking/{booking['booking_id']}", host)
    assert of_host.body == booking


async def test_a_position_not_yet_there_is_waited_for_and_then_refused(
    cell: CommandCell, anna: OwnReads
) -> None:
    host, _ = await cell.person("anna")
    created = await anna.announce(host)
    path = f"/api/v1/announcement/{created['id']}"
    behind = await cell.send("GET", f"{path}?min_position={anna.position + 1000}", host)
    assert (behind.status, behind.code) == (504, "projection_behind")
    reached = await anna.read(path, host)
    assert reached.position >= anna.position
    for wrong in ("x", "-1", "9" * 30):
        assert (await cell.send("GET", f"{path}?min_position={wrong}", host)).status == 422


async def test_d7_d8_who_sees_an_evening(cell: CommandCell, anna: OwnReads) -> None:
    """`sub_only` is kept by everybody who follows the author, and by nobody else."""
    host, host_id = await cell.person("anna")
    follower, follower_id = await cell.person("fan")
    invited, invited_id = await cell.person("invited")
    followed, followed_id = await cell.person("idol")
    stranger, _ = await cell.person("stranger")
    operator, _ = await cell.person("operator", is_super=True)
    await cell.send("PUT", f"/neighbours/ugc/followers/{host_id}/{follower_id}")
    await cell.send("PUT", f"/neighbours/ugc/followers/{followed_id}/{host_id}")
    evenings = {
        "public": await anna.announce(host, title="public", event_time=at(10)),
        "subscribers": await anna.announce(
            host, title="subscribers", sub_only=True, event_time=at(20), invite=[invited_id]
        ),
        "invite": await anna.announce(
            host, title="invite", visibility="invite", event_time=at(30), invite=[invited_id]
        ),
        "draft": await anna.announce(host, title="draft", publish=False, invite=[invited_id]),
    }
    cancelled = await anna.announce(host, title="cancelled", event_time=at(40))
    await anna.ask(invited, cancelled["id"])
    await anna.write("DELETE", f"/api/v1/announcement/{cancelled['id']}", host)
    evenings["cancelled"] = cancelled
    may_see = {
        host: {"public", "subscribers", "invite", "draft", "cancelled"},
        operator: {"public", "subscribers", "invite", "draft", "cancelled"},
        follower: {"public", "subscribers"},
        invited: {"public", "subscribers", "invite", "cancelled"},
        followed: {"public"},
        stranger: {"public"},
    }
    for viewer, visible in may_see.items():
        for name, announcement in evenings.items():
            reply = await anna.read(f"/api/v1/announcement/{announcement['id']}", viewer)
            assert reply.status == (200 if name in visible else 404), name
        statuses = "status=Created,Alive,Closed,Done,Cancelled"
        listed = titles(await anna.read(f"/api/v1/announcements?{statuses}", viewer))
        assert set(listed) == visible


async def test_hidden_is_the_same_bytes_as_absent(cell: CommandCell, anna: OwnReads) -> None:
    host, host_id = await cell.person("anna")
    stranger, _ = await cell.person("stranger")
    hidden = await anna.announce(host, visibility="invite")
    guest, _ = await cell.person("boris")
    public = await anna.announce(host, event_time=at(72))
    booking = await anna.ask(guest, public["id"])
    for path, real, absent in (
        ("/api/v1/announcement/{}", hidden["id"], uuid4()),
        ("/api/v1/announcement/{}/bookings", hidden["id"], uuid4()),
        ("/api/v1/announcement/{}/booking/me", hidden["id"], uuid4()),
        ("/api/v1/booking/{}", booking["booking_id"], uuid4()),
    ):
        one = await anna.read(path.format(real), stranger)
        other = await anna.read(path.format(absent), stranger)
        assert (one.status, one.body) == (other.status, other.body)
        assert one.status == 404
        assert {*one.headers} == {*other.headers}
    assert host_id


async def test_without_ugc_subscribers_evenings_stay_hidden(
    cell: CommandCell, anna: OwnReads
) -> None:
    host, host_id = await cell.person("anna")
    follower, follower_id = await cell.person("fan")
    await cell.send("PUT", f"/neighbours/ugc/followers/{host_id}/{follower_id}")
    created = await anna.announce(host, sub_only=True)
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    path = f"/api/v1/announcement/{created['id']}"
    assert (await anna.read(path, follower)).status == 404
    assert (await anna.read(path, host)).status == 200


async def test_the_guest_list_by_role(cell: CommandCell, anna: OwnReads) -> None:
    host, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    carl, _ = await cell.person("carl")
    created = await anna.announce(host)
    await anna.confirm(host, boris, created["id"])
    await anna.ask(carl, created["id"])
    path = f"/api/v1/announcement/{created['id']}"
    states = {
        viewer: [guest["state"] for guest in (await anna.read(path, viewer)).body["guest_list"]]
        for viewer in (host, boris, carl)
    }
    assert states == {host: ["confirmed", "requested"], boris: ["confirmed"], carl: []}
    names = await anna.read(f"{path}?guest_list=names", host)
    assert names.body["guest_list"] == ["Boris", "Carl"]
    participants = {
        viewer: [line["state"] for line in (await anna.read(f"{path}/bookings", viewer)).body]
        for viewer in (host, boris, carl)
    }
    assert participants == states
    pending = await anna.read(f"{path}/bookings?state=requested", host)
    assert [line["guest_name"] for line in pending.body] == ["Carl"]


async def test_the_exact_place_is_for_confirmed_guests(cell: CommandCell, anna: OwnReads) -> None:
    host, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    carl, _ = await cell.person("carl")
    created = await anna.announce(
        host, hide_location=True, event_location="Secret street 5", location_hint="Tverskaya"
    )
    await anna.confirm(host, boris, created["id"])
    path = f"/api/v1/announcement/{created['id']}"
    assert (await anna.read(path, boris)).body["event_location"] == "Secret street 5"
    assert (await anna.read(path, carl)).body["event_location"] is None
    assert titles(await anna.read("/api/v1/announcements?location=secret", carl)) == []
    assert len(titles(await anna.read("/api/v1/announcements?location=tversk", carl))) == 1


async def test_filters(cell: CommandCell, anna: OwnReads) -> None:
    host, host_id = await cell.person("anna")
    other, _ = await cell.person("olga")
    viewer, _ = await cell.person("boris")
    await anna.announce(host, title="Soon", event_time=at(10), event_location="Kazan, Bauman 3")
    await anna.announce(
        other,
        title="Paid",
        event_time=at(50),
        is_free=False,
        price_amount=5.0,
        price_currency="EUR",
        description="with cake",
    )
    full = await anna.announce(other, title="Full", event_time=at(90), ticket_count=1)
    await anna.confirm(other, viewer, full["id"])
    for query, expected in {
        "": ["Soon", "Paid"],
        "is_free=true": ["Soon"],
        "is_free=false": ["Paid"],
        "status=Alive,Closed": ["Soon", "Paid", "Full"],
        "has_seats=false": ["Full"],
        "takes_requests=true": ["Soon", "Paid", "Full"],
        "status=Alive,Closed&has_seats=false": ["Full"],
        "status=Closed": ["Full"],
        f"author_id={host_id}": ["Soon"],
        f"movie_id={cell.movie_id}&has_seats=true": ["Soon", "Paid"],
        f"movie_id={uuid4()}": [],
        "location=kaz%20bau": ["Soon"],
        "q=CAKE": ["Paid"],
        "q=matrix": ["Soon", "Paid"],
        "q=!!!": [],
        "location=%26": [],
        f"date_from={at(30).replace('+', '%2B')}": ["Paid"],
        f"date_to={at(30).replace('+', '%2B')}": ["Soon"],
        "min_author_rating=0": ["Soon", "Paid"],
        "min_author_rating=1": [],
        "mine=guest": ["Full"],
        "sort=-event_time": ["Paid", "Soon"],
        "sort=created": ["Paid", "Soon"],
        "sort=-created": ["Soon", "Paid"],
    }.items():
        assert titles(await anna.read(f"/api/v1/announcements?{query}", viewer)) == expected, query
    assert titles(await anna.read("/api/v1/announcements?mine=host", host)) == ["Soon"]


async def test_fits_my_schedule(cell: CommandCell, anna: OwnReads) -> None:
    host, _ = await cell.person("anna")
    other, _ = await cell.person("olga")
    viewer, _ = await cell.person("boris")
    busy = await anna.announce(host, title="Busy", event_time=at(24))
    await anna.announce(other, title="Clash", event_time=at(25))
    await anna.announce(other, title="Free", event_time=at(48))
    await anna.confirm(host, viewer, busy["id"])
    fitting = await anna.read("/api/v1/announcements?fits_my_schedule=true", viewer)
    assert titles(fitting) == ["Busy", "Free"]


async def test_a_malformed_query_is_refused(cell: CommandCell, anna: OwnReads) -> None:
    viewer, _ = await cell.person("boris")
    for query in (
        "limit=0", "limit=101", "limit=x", "sort=price", "cursor=abc", "is_free=maybe",
        "date_from=2030-01-01T00:00:00", "date_to=tomorrow", "author_id=me", "status=Open",
        "min_author_rating=11", "min_author_rating=nan", "mine=both", "q=%20",
        "fits_my_schedule=yes",
    ):  # fmt: skip
        reply = await anna.read(f"/api/v1/announcements?{query}", viewer)
        assert reply.status == 422, query
        assert reply.code in ("malformed_query", "malformed_cursor", "naive_time"), query


async def test_all_pages_together_are_the_whole_list(cell: CommandCell, anna: OwnReads) -> None:
    viewer, _ = await cell.person("boris")
    for number in range(7):
        host, _ = await cell.person(f"host-{number}")
        await anna.announce(
            host, title=str(number), event_time=at(24 + number // 2), ticket_count=1 + number % 3
        )
    for sort in ("event_time", "-event_time", "created", "tickets_left", "-tickets_left",
                 "author_rating", "-author_rating"):  # fmt: skip
        whole = await anna.read(f"/api/v1/announcements?sort={sort}&limit=100", viewer)
        paged = await read_by_pages(anna, sort, viewer)
        assert paged == titles(whole), sort
        assert len(paged) == 7, sort


async def read_by_pages(anna: OwnReads, sort: str, viewer: str) -> list[str]:
    """Return the titles of all pages, two lines each."""
    first = f"/api/v1/announcements?sort={sort}&limit=2"
    page = await anna.read(first, viewer)
    paged = titles(page)
    while (cursor := page.headers.get("X-Next-Cursor")) is not None:
        assert 'rel="next"' in page.headers["Link"]
        page = await anna.read(f"{first}&cursor={cursor}", viewer)
        paged += titles(page)
    return paged


async def test_what_the_client_has_is_not_sent_again(cell: CommandCell, anna: OwnReads) -> None:
    host, _ = await cell.person("anna")
    created = await anna.announce(host)
    path = f"/api/v1/announcement/{created['id']}"
    first = await anna.read(path, host)
    tag = first.headers["ETag"]
    assert tag.startswith(f'"{created["version"]}.')
    again = await anna.read(path, host, If_None_Match=tag)
    assert (again.status, again.headers["ETag"]) == (304, tag)
    await anna.write("PUT", path, host, {"title": "Changed"})
    assert (await anna.read(path, host, If_None_Match=tag)).status == 200


async def test_titles_speak_the_readers_language(cell: CommandCell, anna: OwnReads) -> None:
    host, _ = await cell.person("anna")
    created = await anna.announce(host)
    path = f"/api/v1/announcement/{created['id']}"
    assert (await anna.read(path, host)).body["movie_title"] == "The Matrix"
    assert (await anna.read(path, host, Accept_Language="ru")).body["movie_title"] == "Матрица"


async def test_my_bookings_and_my_schedule(cell: CommandCell, anna: OwnReads) -> None:
    host, _ = await cell.person("anna")
    boris, boris_id = await cell.person("boris")
    first = await anna.announce(host, title="First", event_time=at(24))
    second = await anna.announce(host, title="Second", event_time=at(48))
    await anna.announce(boris, title="Own", event_time=at(72))
    await anna.confirm(host, boris, first["id"])
    asked = await anna.ask(boris, second["id"])
    mine = await anna.read("/api/v1/bookings", boris)
    assert [line["state"] for line in mine.body] == ["confirmed", "requested"]
    as_author = await anna.read("/api/v1/bookings?role=author&state=requested", host)
    assert [line["booking_id"] for line in as_author.body] == [asked["booking_id"]]
    schedule = await anna.read("/api/v1/schedule", boris)
    assert [(one["announcement"]["title"], one["state"]) for one in schedule.body] == [
        ("First", "confirmed"), ("Second", "requested"), ("Own", "hosting"),
    ]  # fmt: skip
    pair = f"/api/v1/announcement/{second['id']}/booking"
    me = await anna.read(f"{pair}/me", boris)
    by_id = await anna.read(f"{pair}/{boris_id}", host)
    assert me.body["booking_id"] == by_id.body["booking_id"] == asked["booking_id"]


async def test_the_place_in_line_is_recomputed(cell: CommandCell, anna: OwnReads) -> None:
    host, _ = await cell.person("anna")
    created = await anna.announce(host, ticket_count=1)
    guests = [(await cell.person(f"guest-{number}"))[0] for number in range(3)]
    await anna.confirm(host, guests[0], created["id"])
    waiting = [await anna.ask(guest, created["id"]) for guest in guests[1:]]
    assert [one["waitlist_position"] for one in waiting] == [1, 2]
    listed = await anna.read(
        f"/api/v1/announcement/{created['id']}/bookings?state=waitlisted", host
    )
    assert [(one["waitlist_position"], one["preapproved"]) for one in listed.body] == [
        (1, False),
        (2, False),
    ]
    await anna.write("DELETE", f"/api/v1/booking/{waiting[0]['booking_id']}", guests[1])
    moved_up = await anna.read(f"/api/v1/booking/{waiting[1]['booking_id']}", guests[2])
    assert moved_up.body["waitlist_position"] == 1


async def test_overlaps_are_shown_to_the_guest_alone(cell: CommandCell, anna: OwnReads) -> None:
    host, _ = await cell.person("anna")
    olga, _ = await cell.person("olga")
    boris, _ = await cell.person("boris")
    one = await anna.announce(host, event_time=at(24))
    other = await anna.announce(olga, title="Rival", event_time=at(25))
    await anna.ask(boris, one["id"])
    rival = await anna.ask(boris, other["id"])
    assert [overlap["announcement_id"] for overlap in rival["overlaps"]] == [one["id"]]
    path = f"/api/v1/booking/{rival['booking_id']}"
    assert (await anna.read(path, boris)).body == rival
    assert (await anna.read(path, olga)).body["overlaps"] == []


async def test_why_names_the_rule_the_facts_and_the_position(
    cell: CommandCell, anna: OwnReads
) -> None:
    host, _ = await cell.person("anna")
    olga, _ = await cell.person("olga")
    boris, _ = await cell.person("boris")
    one = await anna.announce(host, event_time=at(24))
    other = await anna.announce(olga, title="Rival", event_time=at(25))
    rival = await anna.ask(boris, other["id"])
    confirmed = await anna.confirm(host, boris, one["id"])
    by_host = await anna.read(f"/api/v1/booking/{confirmed['booking_id']}/why", boris)
    assert (by_host.body["by"], by_host.body["state"]) == ("author", "confirmed")
    assert by_host.body["position"] == anna.position
    released = await anna.read(f"/api/v1/booking/{rival['booking_id']}/why", olga)
    assert (released.body["state"], released.body["reason"]) == ("withdrawn", "superseded")
    assert released.body["reason_by"] == "system"
    assert released.body["position"] == anna.position

    refused = await cell.send("POST", f"/api/v1/booking/{other['id']}", boris)
    assert refused.code == "overlap"
    anna.position = refused.position
    why = await anna.read(f"/api/v1/why/{refused.position}", boris)
    assert (why.body["code"], why.body["refused"]) == ("overlap", True)
    (conflict,) = why.body["facts"]["conflicts"]
    assert (conflict["announcement_id"], conflict["title"]) == (one["id"], one["title"])
    assert refused.body["conflicts"] == [conflict]
    assert why.body["detail"]
    for stranger_path in (f"/api/v1/why/{refused.position}", "/api/v1/why/x", "/api/v1/why/9999"):
        assert (await anna.read(stranger_path, olga)).status == 404


async def test_a_refused_approval_was_the_hosts_and_its_words_fit_the_host(
    cell: CommandCell, anna: OwnReads
) -> None:
    host, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    one = await anna.announce(host, event_time=at(24))
    booking = await anna.ask(boris, one["id"])
    await anna.announce(boris, event_time=at(25))
    refused = await cell.send(
        "PUT", f"/api/v1/booking/{booking['booking_id']}", host, {"my_status": True}
    )
    assert (refused.status, refused.code) == (409, "overlap")
    assert refused.body["detail"] == "It overlaps another evening."
    anna.position = refused.position
    why = await anna.read(f"/api/v1/why/{refused.position}", host)
    assert (why.body["refused"], why.body["by"]) == (True, "author")


async def test_the_calendar_feed_needs_its_own_address(cell: CommandCell, anna: OwnReads) -> None:
    host, host_id = await cell.person("anna")
    boris, boris_id = await cell.person("boris")
    created = await anna.announce(host, title="Feed; with, signs")
    await anna.ask(boris, created["id"])
    address = (await anna.read("/api/v1/schedule/feed", boris)).body["url"]
    feed = Calendar.from_ical(await cell.page(address))
    (event,) = feed.walk("VEVENT")
    assert (event["summary"], event["status"]) == ("Feed; with, signs", "TENTATIVE")
    of_anna = address.replace(boris_id, host_id)
    not_ascii = address.rpartition("/")[0] + "/%D0%B0.ics"
    for wrong in (of_anna, address.replace(".ics", "0.ics"), not_ascii):
        assert (await cell.send("GET", wrong)).status == 404


async def test_the_public_page(cell: CommandCell, anna: OwnReads) -> None:
    host, _ = await cell.person("anna")
    public = await anna.announce(host, title="<b>Bold</b>", tz="Europe/Moscow")
    hidden = await anna.announce(host, visibility="invite", event_time=at(72))
    await anna.read(f"/api/v1/announcement/{hidden['id']}", host)
    shown = await cell.page(f"/a/{public['id']}")
    assert "&lt;b&gt;Bold" in shown
    assert "<b>Bold" not in shown
    assert await cell.page(f"/a/{hidden['id']}") == await cell.page(f"/a/{uuid4()}")
    assert await cell.page("/a/nothing") == await cell.page(f"/a/{uuid4()}")
