"""Opens people's own channels (e-mail, Telegram...) by their Apprise addresses."""

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

APPRISE_LOG = logging.getLogger("apprise")


def open_channel(url: str) -> Any:
    """Return a sender to the address.

    Raises ImportError without Apprise, and ValueError if Apprise does not know the address.
    The error does not repeat the address: it may hold a password.
    """
    # Imported here: most systems hand nothing on and need no Apprise.
    from apprise import Apprise

    channel = Apprise()
    was_disabled, APPRISE_LOG.disabled = APPRISE_LOG.disabled, True
    try:
        known = channel.add(url)  # It logs addresses that it cannot parse, with their passwords.
    finally:
        APPRISE_LOG.disabled = was_disabled
    if not known:
        raise ValueError("Apprise does not know one of the addresses in hand_on")
    return channel


def demand_known(addresses: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    """Return the addresses. Raises ValueError if one of them cannot be opened."""
    for address in addresses.values():
        try:
            open_channel(address.get_secret_value())
        except ImportError as error:
            raise ValueError("Apprise has to be installed (pip install apprise)") from error
    return addresses
