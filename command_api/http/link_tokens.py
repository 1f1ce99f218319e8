"""Makes and checks the tokens of invite links.

A token is a link's id with a message authentication code over it, under a key that follows from
the cell's secret. So no table, no record and no analyst has a token, and every process of the
cell can check one. What is no token of this cell names nothing: it is answered as an absent link.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final
from uuid import UUID

from contracts.errors import NotFound
from contracts.values.ids import InviteLinkId

_LABEL: Final = b"practix: invite link"
ID_BYTES: Final = 16
CODE_BYTES: Final = 17
"""136 bits: nobody guesses them, and with the id they make 44 characters without padding."""
TOKEN_CHARS: Final = (ID_BYTES + CODE_BYTES) // 3 * 4


class LinkTokens:
    """The tokens of one cell."""

    def __init__(self, cell_secret: str) -> None:
        self._key = hmac.digest(cell_secret.encode(), _LABEL, "sha256")

    def sign(self, link_id: InviteLinkId) -> str:
        """Return the token of a link. Raises ValueError if the id is no UUID."""
        id_bytes = UUID(link_id).bytes
        return urlsafe_b64encode(id_bytes + self._make_code(id_bytes)).decode()

    def read(self, token: str) -> InviteLinkId:
        """Return the id of the link. Raises NotFound if it is no token of this cell."""
        id_bytes, code = _split(token)
        if not hmac.compare_digest(code, self._make_code(id_bytes)):
            raise NotFound
        return InviteLinkId(str(UUID(bytes=id_bytes)))

    def _make_code(self, id_bytes: bytes) -> bytes:
        return hmac.digest(self._key, id_bytes, "sha256")[:CODE_BYTES]


def _split(token: str) -> tuple[bytes, bytes]:
    """Return the bytes of the id and of the code. Raises NotFound if they have other sizes."""
    try:
        decoded = urlsafe_b64decode(token)
    except ValueError as error:
        raise NotFound from error
    if len(token) != TOKEN_CHARS or len(decoded) != ID_BYTES + CODE_BYTES:
        raise NotFound
    return decoded[:ID_BYTES], decoded[ID_BYTES:]
