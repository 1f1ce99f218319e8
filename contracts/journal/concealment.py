"""How a Commit holds what its request can be told by: so that nobody can read or guess it.

A client may put anything in an idempotency key, so the key is hashed. The body that a
fingerprint is made of may be one short message, and the bare hash of a short text can be
guessed. So the fingerprint is keyed with a secret of the cell. Records of earlier builds have
both bare. They are concealed when they are folded, so a retry finds them all the same.
"""

import hmac
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from contracts.journal.records import CommandInfo
from contracts.values.ids import SYSTEM

_HASHED: Final = "h1 "
"""Begins a hashed key. No client's key has a blank in it."""
_KEYED: Final = "k1 "
_LABEL: Final = b"practix fingerprints 1"


def conceal_idempotency_key(key: str) -> str:
    """Return the key hashed. Returns a hashed key as it is."""
    return key if key.startswith(_HASHED) else _HASHED + sha256(key.encode()).hexdigest()


class FingerprintKey:
    """Conceals fingerprints, with a key derived from the cell's secret.

    All processes of a cell have the same one. If the secret changes, a retry of a command from
    before counts as another request with the same idempotency key.
    """

    def __init__(self, cell_secret: str) -> None:
        key = hmac.digest(cell_secret.encode(), _LABEL, "sha256")
        self._keyed = hmac.new(key, digestmod="sha256")
        """Has taken in the key. Copying it is cheaper than beginning anew for each command."""

    def conceal(self, command: CommandInfo) -> CommandInfo:
        """Return the command as a Commit holds it. Returns it as it is if that is done already,
        and if the system gave it: its key then names a deadline."""
        if command.actor == SYSTEM or command.idempotency_key.startswith(_HASHED):
            return command
        query = command.query_fingerprint
        return replace(
            command,
            idempotency_key=conceal_idempotency_key(command.idempotency_key),
            fingerprint=self.conceal_fingerprint(command.fingerprint),
            query_fingerprint=query and self.conceal_fingerprint(query),
        )

    def conceal_fingerprint(self, fingerprint: str) -> str:
        """Return the fingerprint keyed. Returns a keyed one as it is, and so the empty one of a
        request without a query."""
        if not fingerprint or fingerprint.startswith(_KEYED):
            return fingerprint
        keyed = self._keyed.copy()
        keyed.update(fingerprint.encode())
        return _KEYED + keyed.hexdigest()


NO_SECRET: Final = FingerprintKey("")
"""For an image that answers no client."""
