"""A malformed parameter of the bookings lists is refused by its name."""

from uuid import uuid4

import pytest
from starlette.datastructures import QueryParams

from contracts.errors import Malformed
from contracts.values.ids import PersonId
from query_api.bookings.routes import build_page, select_own
from runtime.auth.tokens import Caller

CALLER = Caller(PersonId(str(uuid4())))


@pytest.mark.parametrize("query", ["role=host", "state=maybe", "announcement_id=1", "state="])
def test_a_malformed_filter_of_bookings_is_refused(query: str) -> None:
    with pytest.raises(Malformed) as refused:
        build_page(select_own(CALLER, QueryParams(query)), QueryParams(query))
    named, told = query.partition("=")[0], refused.value.facts
    assert told["parameter"] == named
    assert ("known" in told) == (named in ("role", "state"))
