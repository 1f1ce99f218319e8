"""The tokens of the guests, as a server has them in the middle of a day."""

from pydantic import SecretStr

from benchmarks.harness.hot_evening import AUDIENCE_SECRET, GUESTS, guest_tokens
from runtime.auth.tokens import TokenSettings, TokenVerifier
from runtime.process.clock import system_clock


def warm_verifier() -> TokenVerifier:
    """Return a verifier that has seen every guest's token, as in the middle of a day."""
    settings = TokenSettings(secret=SecretStr(AUDIENCE_SECRET), cache_size=2 * GUESTS)
    tokens = TokenVerifier(settings, system_clock)
    for token in guest_tokens(0, GUESTS):
        tokens.verify(f"Bearer {token}")
    return tokens
