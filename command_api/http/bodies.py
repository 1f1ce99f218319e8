"""The base class of all bodies of write requests, and the types of fields that they share.

Each noun's own bodies stand beside its routes. Unknown fields and wrong types are malformed,
and text is not accepted for a number. Times have the types of `runtime.http.instants`; texts
are checked by `contracts.values.text`.
"""

from collections.abc import Iterable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from contracts.values.text import clean_line, clean_lines, demand_visible

ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(clean_line),
]
"""One line, such as a title or a reason."""

LongText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(clean_lines),
    AfterValidator(demand_visible),
]
"""Several lines, of which something can be seen."""


class WriteBody(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def demand_no_null(body: WriteBody, names: Iterable[str]) -> None:
    """Raises ValueError if the body states null for one of these fields."""
    for name in names:
        if name in body.model_fields_set and getattr(body, name) is None:
            raise ValueError(f"{name} cannot be null")


class NoBody(WriteBody):
    """Says that a route takes no body. If one comes all the same, its content is ignored."""


Body = TypeVar("Body", bound=WriteBody)
