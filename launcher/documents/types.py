"""Names the types of stored fields as a reader of the documents needs them."""

import types
from datetime import datetime
from typing import Any, Final, Literal, NewType, Union, get_args, get_origin

import msgspec
from msgspec import Raw, UnsetType

from contracts.values.personal import list_text_marks

_SIMPLE: Final[dict[Any, str]] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    datetime: "time",
    Raw: "event",
    type(None): "null",
}


def describe_type(annotation: Any) -> str:
    """Return the type in words. A field that may be unset is said to be left out."""
    if isinstance(annotation, NewType):
        return annotation.__name__
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in arguments)
    if origin in (Union, types.UnionType):
        shown = [describe_type(one) for one in arguments if one is not UnsetType]
        return " or ".join(shown) + (" (may be left out)" if UnsetType in arguments else "")
    if origin is tuple:
        return f"list of {describe_type(arguments[0])}"
    if origin is dict:
        return "object"
    if hasattr(annotation, "__metadata__"):
        return describe_type(annotation.__origin__)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation.__name__
    return _SIMPLE[annotation]


def describe_owner(annotation: Any) -> str:
    """Return whose text the field holds; empty if it holds none."""
    owners = {mark.owner for mark in list_text_marks(annotation) if mark is not None}
    return ", ".join(sorted(owners))
