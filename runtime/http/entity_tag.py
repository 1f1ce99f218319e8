"""Entity tags: `"<version>.<hash of the body>"`, or the hash alone where there is no version.

`If-None-Match` compares whole tags; `If-Match` compares the version only, so that a change
in what surrounds a thing (a new guest, another language) does not make its editor start over.
"""

from hashlib import blake2b
from typing import Final

from runtime.http.numbers import parse_whole_number

_HASH_BYTES: Final = 8


def entity_tag(body: bytes, version: int | None = None) -> str:
    digest = blake2b(body, digest_size=_HASH_BYTES).hexdigest()
    return f'"{digest}"' if version is None else f'"{version}.{digest}"'


def matches(tag: str, if_none_match: str | None) -> bool:
    """Whether the client already has what `tag` names."""
    if if_none_match is None:
        return False
    known = (one.strip().removeprefix("W/") for one in if_none_match.split(","))
    return any(one in ("*", tag) for one in known)


def versions_in(if_match: str | None) -> frozenset[int] | None:
    """The versions that the tags of `If-Match` name; None where any will do, or none is asked
    for. A text that is no tag of ours names no version, and so matches nothing."""
    tags = [] if if_match is None else [one.strip() for one in if_match.split(",")]
    if not tags or "*" in tags:
        return None
    versions = (tag.removeprefix("W/").strip('"').partition(".")[0] for tag in tags)
    numbers = map(parse_whole_number, versions)
    return frozenset(number for number in numbers if number is not None)
