"""Whoever changes what folding makes of the same records raises `FOLD`.

Otherwise a process goes on with an image on disk that an earlier build made in another way.
"""

from hashlib import sha256
from random import Random
from typing import Any, Final

import msgspec

from command_api.domain.layer import COLLECTIONS
from command_api.image.image import Image
from command_api.image.sqlite import encoding
from command_api.image.store import Changes
from contracts.journal.acceptance import ReaderState
from runtime.journal.tail import Position
from tests.histories.recorded import read_recorded
from tests.simulation.simulated.store import SimulatedDisk, SimulatedStore

DIGESTS: Final = {
    1: "4768b4593e46b53c0796d9fe46695836de16ed9fa76d5cd7788c30a239382492",
    2: "45f5b4710129ae86127eaddbad4ca6a25f543a1382aabc3bfa4d49cc27567abc",
    3: "dc35210de860e1741694b6c05fc15e8fe86cae0870f500d460448c9976f2def3",
    4: "89145915db46a90f629338e8c37cfb2216ef97b5d35e97c994b9ee024ca9c416",
    5: "8955788582be9046a95c5aab6207dfe260337604fb4287b92cc0be8143113997",
    6: "abe183159650fa9fb5165e0797a0285fe1181154acb76690f85f5b74438d3f72",
}
"""What folding makes of the recorded history, for each value of `FOLD` that there was."""

ADVICE: Final = """
Folding makes something else of the recorded history than FOLD {fold} did.
If you changed what folding makes of records, raise FOLD in
command_api/image/sqlite/encoding.py to {next_fold}, and add to DIGESTS in this file:
    {next_fold}: "{digest}",
If you only added a sample of a new event, state its digest under FOLD {fold}.
"""


def test_a_changed_fold_has_another_number() -> None:
    digest = digest_of(fold_recorded())
    assert DIGESTS.get(encoding.FOLD) == digest, ADVICE.format(
        fold=encoding.FOLD, next_fold=max(DIGESTS) + 1, digest=digest
    )


def test_a_number_is_not_used_again() -> None:
    assert max(DIGESTS) == encoding.FOLD
    assert len(set(DIGESTS.values())) == len(DIGESTS)


def fold_recorded() -> Changes:
    """Return all that an image would write of the recorded history."""
    image = Image(SimulatedStore(SimulatedDisk(), Random(0)))
    for commit in read_recorded():
        image.fold(commit)
    return image.freeze(Position(image.seq, ReaderState(seq=image.seq)))


def digest_of(changes: Changes) -> str:
    parts = [
        *zip(COLLECTIONS, changes.values, strict=True),
        ("answers", changes.answers),
        ("deadlines", changes.deadlines),
    ]
    plain = {
        name: sorted(
            (encoding.encode_key(key).decode(), to_plain(value)) for key, value in part.items()
        )
        for name, part in parts
    }
    checkpoint = to_plain(changes.checkpoint)
    return sha256(msgspec.json.encode([plain, checkpoint], order="sorted")).hexdigest()


def to_plain(value: Any) -> Any:
    """Return a value without the fields that have their default, so that a new field changes
    nothing as long as no record fills it."""
    if isinstance(value, msgspec.Struct):
        fields = {
            field.encode_name: to_plain(getattr(value, field.name))
            for field in msgspec.structs.fields(value)
            if getattr(value, field.name) != field.default
        }
        return {"type": value.__struct_config__.tag} | fields
    if isinstance(value, tuple):
        return [to_plain(one) for one in value]
    return value
