"""A malformed parameter of the bookings lists is refused by its name."""

from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import QueryParams

from contracts.errors import Malformed
from contracts.values.ids import PersonId
from query_api.bookings import participants
from query_api.bookings.routes import build_page, select_own
from query_api.edge.paging import Page
from query_api.edge.where import Where
from runtime.auth.tokens import Caller

CALLER = Caller(PersonId(str(uuid4())))


def list_participants(parameters: QueryParams) -> Page:
    where = Where()
    participants.add_filters(where, parameters, ZoneInfo("Europe/Moscow"))
    return build_page(where, parameters, participants.SORTS)


@pytest.mark.parametrize(
    "query",
    [
        "sort=rating", "sort=--created", "min_guest_rating=11", "min_guest_rating=x", "name=",
        "created_from=tomorrow", "created_to=2030-01-01T00:00:00",
    ],
)  # fmt: skip
def test_a_malformed_filter_of_participants_is_refused(query: str) -> None:
    with pytest.raises(Malformed) as refused:
        list_participants(QueryParams(query))
    assert refused.value.facts["parameter"] == query.partition("=")[0]


def test_no_name_is_in_a_cursor() -> None:
    """It would be in addresses."""
    page = list_participants(QueryParams("sort=guest_name"))
    assert "NULL AS sort_key" in page.sql


@pytest.mark.parametrize("query", ["role=host", "state=maybe", "announcement_id=1", "state="])
def test_a_malformed_filter_of_bookings_is_refused(query: str) -> None:
    with pytest.raises(Malformed) as refused:
        build_page(select_own(CALLER, QueryParams(query)), QueryParams(query))
    named, told = query.partition("=")[0], refused.value.facts
    assert told["parameter"] == named
    assert ("known" in told) == (named in ("role", "state"))
