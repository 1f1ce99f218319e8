"""Who sees what on the read side: every status and visibility, for every role, on every route."""

import re
from itertools import product
from uuid import uuid4

from contracts.shared_rules import SharedRules
from tests.cells.read_side import PAIRS, ReadSide, at, read_side
from tests.integration.query_api.announcements.cast import ANNOUNCED, STATUSES, VISIBILITIES, Cast


def expected(role: str, status: str, visibility: str) -> bool:
    if role in ("host", "operator"):
        return True
    if role in PAIRS:
        return status != "Created"
    if status not in ANNOUNCED:
        return False
    return visibility == "public" or (visibility == "subscribers" and role == "follower")


async def test_d7_d8_every_role_sees_what_it_may_and_nothing_else(cast: Cast) -> None:
    """`sub_only` decides, by who follows the author, not by whom the author follows."""
    kinds = tuple(product(STATUSES, VISIBILITIES))
    evenings = {
        kind: await cast.evening(status=kind[0], visibility=kind[1], event_time=at(24 + number))
        for number, kind in enumerate(kinds)
    }
    for role in cast.ids:
        may_see = {evenings[kind] for kind in kinds if expected(role, *kind)}
        listed = await cast.get(
            f"/api/v1/announcements?limit=100&status={','.join(STATUSES)}", role
        )
        assert {line["id"] for line in listed.body} == may_see, role
        for evening in evenings.values():
            status = 200 if evening in may_see else 404
            detail = await cast.get(f"/api/v1/announcement/{evening}", role)
            participants = await cast.get(f"/api/v1/announcement/{evening}/bookings", role)
            assert (detail.status, participants.status) == (status, status), role


async def test_each_status_by_itself_lists_the_same(cast: Cast) -> None:
    for visibility in VISIBILITIES:
        for status in STATUSES:
            await cast.evening(status=status, visibility=visibility)
    for role in cast.ids:
        for status in STATUSES:
            listed = await cast.get(f"/api/v1/announcements?status={status}", role)
            count = sum(expected(role, status, visibility) for visibility in VISIBILITIES)
            assert len(listed.body) == count, (role, status)


async def test_without_asking_only_what_is_alive_and_to_come_is_listed(cast: Cast) -> None:
    for number, status in enumerate(STATUSES):
        await cast.evening(status=status, title=status, event_time=at(24 + number))
    await cast.evening(title="Begun", event_time=at(-1))
    for role in ("host", "confirmed", "stranger", "operator"):
        assert (await cast.get("/api/v1/announcements", role)).titles == ["Alive"]
    own = await cast.get("/api/v1/announcements?mine=host", "host")
    assert own.titles == ["Begun", *STATUSES]
    attended = await cast.get("/api/v1/announcements?mine=guest", "confirmed")
    assert attended.titles == ["Begun", "Alive", "Closed"]
    assert [one["my_state"] for one in attended.body] == ["confirmed"] * 3
    ever = await cast.get("/api/v1/announcements?mine=guest&all=true", "confirmed")
    assert ever.titles == ["Begun", *STATUSES[1:]]
    over = await cast.get("/api/v1/announcements?mine=guest&status=Done", "confirmed")
    assert over.titles == ["Done"]
    assert (await cast.get("/api/v1/announcements?mine=guest", "host")).titles == []


async def test_only_the_two_parties_see_a_booking(cast: Cast) -> None:
    evening = await cast.evening()
    guest = cast.ids["requested"]
    booking = (await cast.get(f"/api/v1/announcement/{evening}/booking/me", "requested")).body
    by_id = f"/api/v1/booking/{booking['booking_id']}"
    by_pair = f"/api/v1/announcement/{evening}/booking/{guest}"
    for role in cast.ids:
        parties = ("host", "requested", "operator")
        statuses = {(await cast.get(path, role)).status for path in (by_id, by_pair)}
        assert statuses == ({200} if role in parties else {404}), role
    await cast.reads.pool.execute("UPDATE read_model.bookings SET message = 'May I?'")
    for role, message in (("host", "May I?"), ("requested", "May I?"), ("operator", None)):
        assert (await cast.get(by_id, role)).body["message"] == message, role


async def test_of_a_draft_the_invited_know_nothing(cast: Cast) -> None:
    draft = await cast.evening(status="Created")
    assert (await cast.get(f"/api/v1/announcement/{draft}/booking/me", "invited")).status == 404
    assert (await cast.get("/api/v1/bookings?role=guest", "invited")).body == []
    assert len((await cast.get("/api/v1/bookings?role=author", "host")).body) == len(PAIRS)


async def test_hidden_and_absent_are_the_same_bytes(cast: Cast) -> None:
    hidden = await cast.evening(visibility="invite")
    guest = cast.ids["confirmed"]
    booking = await cast.reads.pool.fetchval("SELECT booking_id FROM read_model.bookings LIMIT 1")
    for path, existing in (
        ("/api/v1/announcement/{}", hidden),
        ("/api/v1/announcement/{}?guest_list=names", hidden),
        ("/api/v1/announcement/{}/bookings", hidden),
        ("/api/v1/announcement/{}/booking/me", hidden),
        (f"/api/v1/announcement/{{}}/booking/{guest}", hidden),
        ("/api/v1/booking/{}", booking),
    ):
        one = await cast.get(path.format(existing), "stranger")
        for absent in (uuid4(), "no-id"):
            other = await cast.get(path.format(absent), "stranger")
            assert (one.status, one.text) == (other.status, other.text), path
            assert {*one.headers} == {*other.headers}
        assert one.status == 404
        for accept in ("ru", "en"):
            by_language = await cast.reads.get(
                path.format(existing), cast.ids["stranger"], Accept_Language=accept
            )
            assert by_language.headers["Content-Language"] == accept


async def test_the_public_page_tells_hidden_from_absent_to_nobody(cast: Cast) -> None:
    kinds = tuple(product(STATUSES, VISIBILITIES))
    login = await cast.reads.get(f"/a/{uuid4()}")
    assert login.status == 200
    for status, visibility in kinds:
        evening = await cast.evening(status=status, visibility=visibility, title="A film night")
        page = await cast.reads.get(f"/a/{evening}")
        if visibility == "public" and status in ANNOUNCED:
            assert "A film night" in page.text
            continue
        assert (page.status, page.text) == (login.status, login.text)
        differing = {name for name, _ in {*page.headers.items()} - {*login.headers.items()}}
        assert differing <= {"Date", "X-Request-ID"}


async def test_the_guest_list_by_role(cast: Cast) -> None:
    evening = await cast.evening()
    for role in cast.ids:
        everyone, confirmed = sorted(PAIRS), ["confirmed"]
        states = everyone if role in ("host", "operator") else confirmed * (role == "confirmed")
        detail = (await cast.get(f"/api/v1/announcement/{evening}", role)).body
        assert sorted(guest["state"] for guest in detail["guest_list"]) == states, role
        assert detail["guest_count"] == 1
        assert detail["my_state"] == (role if role in PAIRS else None)
        participants = await cast.get(f"/api/v1/announcement/{evening}/bookings", role)
        assert sorted(line["state"] for line in participants.body) == states, role
    names = await cast.get(f"/api/v1/announcement/{evening}?guest_list=names", "confirmed")
    assert names.body["guest_list"] == ["confirmed"]
    odd = await cast.get(f"/api/v1/announcement/{evening}?guest_list=all", "host")
    assert odd.body["code"] == "malformed_query"


async def test_guests_may_be_hidden_from_each_other(postgres_dsn: str) -> None:
    async with read_side(postgres_dsn, rules=SharedRules(hide_guest_list=True)) as reads:
        cast = Cast(reads)
        await cast.arrive()
        evening = await cast.evening()
        path = f"/api/v1/announcement/{evening}"
        assert (await cast.get(path, "confirmed")).body["guest_list"] == []
        assert (await cast.get(f"{path}/bookings", "confirmed")).body == []
        assert len((await cast.get(path, "host")).body["guest_list"]) == len(PAIRS)


async def test_a_hidden_address_is_shown_to_the_confirmed_and_found_by_nobody(cast: Cast) -> None:
    await cast.evening(
        hide_location=True, event_location="Arbat 7", location_hint="near Smolenskaya"
    )
    for role in cast.ids:
        found = await cast.get("/api/v1/announcements?location=smolen", role)
        shown = "Arbat 7" if role in ("host", "operator", "confirmed") else None
        assert [line["event_location"] for line in found.body] == [shown], role
        assert found.body[0]["location_hint"] == "near Smolenskaya"
        for search in ("location=arbat", "q=arbat"):
            assert (await cast.get(f"/api/v1/announcements?{search}", role)).body == []
    page = await cast.reads.get(f"/a/{found.body[0]['id']}")
    assert "Arbat" not in page.text
    assert "Smolenskaya" in page.text


async def test_without_ugc_subscribers_evenings_stay_hidden(cast: Cast) -> None:
    for_subscribers = await cast.evening(visibility="subscribers", title="Ours")
    await cast.evening(title="Everybody's")
    cast.reads.ugc.down = True
    path = f"/api/v1/announcement/{for_subscribers}"
    assert (await cast.get(path, "follower")).status == 404
    assert (await cast.get("/api/v1/announcements", "follower")).titles == ["Everybody's"]
    for role in ("host", "invited", "operator"):
        assert (await cast.get(path, role)).status == 200
    cast.reads.ugc.down = False
    assert (await cast.get(path, "follower")).status == 200


async def test_every_read_needs_a_token(reads: ReadSide) -> None:
    """But the public page, what the page of a film asks, and the calendar feed, whose address is
    its token."""
    paths = [*(await reads.get("/api/openapi.json")).body["paths"]]
    open_to_all = {path for path in paths if await status_without_token(reads, path) != 401}
    assert len(paths) > 10
    assert open_to_all == {
        "/a/{announcement_id}",
        "/a/{announcement_id}/card.png",
        "/api/v1/film/{movie_id}/together",
        "/api/v1/schedule/{feed_id}/{token}.ics",
    }


async def status_without_token(reads: ReadSide, path: str) -> int:
    return (await reads.get(re.sub(r"{\w+}", str(uuid4()), path))).status
