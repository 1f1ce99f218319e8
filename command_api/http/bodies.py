"""What the bodies of all write requests share.

Each noun's bodies stand beside its routes. Unknown fields and wrong types are malformed, and
no number is read out of text. Fields use the types of `runtime.http.instants` for times and
the checks of `contracts.values.text` for texts.
"""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from contracts.values.text import clean_line

ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(clean_line),
]
"""One line, such as a title or a reason."""


class WriteBody(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NoBody(WriteBody):
    """Says that a route takes no body. The content of one that comes is ignored."""


B = TypeVar("B", bound=WriteBody)
