"""Makes and checks the tokens with which people confirm that their data are to be erased.

A token is a message authentication code over the person and the time at which their erasure
begins, under a key that follows from the cell's secret. So no table and no record holds a token,
and every process of the cell can check one. A request that is withdrawn and made again begins at
another time, and then the old token confirms nothing.
"""

import hmac
from datetime import datetime
from typing import Final

from contracts.errors import Forbidden
from contracts.values.ids import PersonId
from contracts.values.times import from_ms, to_ms

_LABEL: Final = b"practix: confirmation of an erasure"


class ErasureTokens:
    """The tokens of one cell."""

    def __init__(self, cell_secret: str) -> None:
        self._key = hmac.digest(cell_secret.encode(), _LABEL, "sha256")

    def sign(self, person_id: PersonId, erase_at: datetime) -> str:
        """Return the token of the person's request that begins at `erase_at`."""
        return self._sign(person_id, str(to_ms(erase_at)))

    def read(self, token: str, person_id: PersonId) -> datetime:
        """Return when the request begins that the token confirms. Raises Forbidden
        `wrong_erasure_token` if it is no token of this person."""
        erase_at_ms, _, _ = token.partition(".")
        expected = self._sign(person_id, erase_at_ms)
        if not hmac.compare_digest(token.encode(errors="replace"), expected.encode()):
            raise Forbidden("wrong_erasure_token")
        return from_ms(int(erase_at_ms))

    def _sign(self, person_id: PersonId, erase_at_ms: str) -> str:
        signed = f"{person_id} {erase_at_ms}".encode(errors="replace")
        return f"{erase_at_ms}.{hmac.digest(self._key, signed, 'sha256').hex()}"
