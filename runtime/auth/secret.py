"""What may be a secret: the one place that says how short is too short."""

from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr

SECRET_BYTES_MIN: Final = 32
"""As much as an HS256 signature is worth; 24 random bytes in base64 are 32 characters."""


def require_long(secret: str) -> None:
    """Raises ValueError, which does not repeat it, for a secret that could be guessed."""
    if len(secret.encode()) < SECRET_BYTES_MIN:
        raise ValueError(f"a secret needs at least {SECRET_BYTES_MIN} bytes")


def _long(secret: SecretStr) -> SecretStr:
    require_long(secret.get_secret_value())
    return secret


Secret = Annotated[SecretStr, AfterValidator(_long)]
"""A secret of the settings: never printed, never short."""
