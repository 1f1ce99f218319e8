"""Makes and compares entity tags.

A tag is `"<version>.<hash of the body>"`, or only the hash if there is no version.
`If-None-Match` compares whole tags. `If-Match` compares only versions, so that an editor does
not have to start over because of a new guest or another language.
"""

from hashlib import sha256
from typing import Final

from runtime.http.numbers import parse_whole_number

_HASH_BYTES: Final = 8


def entity_tag(body: bytes, version: int | None = None) -> str:
    """Return the tag of a body."""
    digest = sha256(body).digest()[:_HASH_BYTES].hex()
    return f'"{digest}"' if version is None else f'"{version}.{digest}"'


def matches(tag: str, if_none_match: str | None) -> bool:
    """Return whether the client already has the body with this tag."""
    if if_none_match is None:
        return False
    known = (one.strip().removeprefix("W/") for one in if_none_match.split(","))
    return any(one in ("*", tag) for one in known)


def versions_in(if_match: str | None) -> frozenset[int] | None:
    """Return the versions in the tags of `If-Match`; None if the header allows any version or
    is missing. Text that is not one of our tags has no version, so it matches nothing."""
    tags = [] if if_match is None else [one.strip() for one in if_match.split(",")]
    if not tags or "*" in tags:
        return None
    versions = (tag.removeprefix("W/").strip('"').partition(".")[0] for tag in tags)
    numbers = map(parse_whole_number, versions)
    return frozenset(number for number in numbers if number is not None)
