"""The API says which end of a time is wrong, and why, to whoever fills in a form."""

from typing import Any

import msgspec
import pytest

from command_api.http.nouns.plan import FreeTimesBody, PlanBody
from contracts.errors import Malformed
from runtime.http.json_body import parse_body

EARLY = "2026-12-04T18:00:00Z"
LATE = "2026-12-04T22:00:00Z"


@pytest.mark.parametrize(
    ("model", "begins", "ends", "field", "reason"),
    [
        (PlanBody, LATE, EARLY, "to", "It ends before it begins."),
        (PlanBody, EARLY, EARLY, "to", "It ends before it begins."),
        (PlanBody, EARLY, "", "to", "Fill this in."),
        (PlanBody, "", LATE, "from", "Fill this in."),
        (FreeTimesBody, "18:00", "18:00", "to", "It ends when it begins."),
    ],
)
def test_a_time_that_is_none_is_refused_at_its_wrong_end(
    model: type[PlanBody | FreeTimesBody], begins: str, ends: str, field: str, reason: str
) -> None:
    time: dict[str, Any] = {"from": begins, "to": ends}
    if model is FreeTimesBody:
        time["day"] = "fri"
    with pytest.raises(Malformed) as refused:
        parse_body(model, msgspec.json.encode({"times": [time]}))
    (error,) = refused.value.facts["errors"]
    assert (error["field"], error["reason"].en) == (f"times.0.{field}", reason)


@pytest.mark.parametrize(("begins", "ends"), [("18:00", "24:00"), ("00:00", "24:00")])
def test_a_free_time_may_last_until_midnight(begins: str, ends: str) -> None:
    time = {"day": "fri", "from": begins, "to": ends}
    (said,) = parse_body(FreeTimesBody, msgspec.json.encode({"times": [time]})).times
    assert (said.begins, said.ends) == (begins, ends)
