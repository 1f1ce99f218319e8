"""Decides how long a secret must be."""

from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr

SECRET_BYTES_MIN: Final = 32
"""The length that makes a secret as strong as an HS256 signature. 24 random bytes in base64
are 32 characters."""


def require_long(secret: str) -> None:
    """Raises ValueError if the secret could be guessed. The message does not repeat it."""
    if len(secret.encode()) < SECRET_BYTES_MIN:
        raise ValueError(f"a secret needs at least {SECRET_BYTES_MIN} bytes")


def _require_long(secret: SecretStr) -> SecretStr:
    require_long(secret.get_secret_value())
    return secret


Secret = Annotated[SecretStr, AfterValidator(_require_long)]
"""A secret in the settings. It is never printed and never short."""
