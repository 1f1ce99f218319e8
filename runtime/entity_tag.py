"""Entity tags: `"<version>.<hash of the body>"`, or the hash alone where there is no version.

`If-None-Match` compares whole tags; `If-Match` compares the version only, so that a change
in what surrounds a thing (a new guest, another language) does not make its editor start over.
"""

from hashlib import blake2b
from typing import Final

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


def version_in(tag: str) -> int | None:
    """The version that a tag of ours names; None for any other text."""
    version = tag.strip().removeprefix("W/").strip('"').partition(".")[0]
    return int(version) if version.isdecimal() else None
