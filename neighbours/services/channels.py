"""Addresses of people's own channels, as Apprise understands them."""

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

APPRISE_LOG = logging.getLogger("apprise")


def open_channel(url: str) -> Any:
    """A sender to the address. Raises ImportError without Apprise, and ValueError, which does
    not repeat it, for an address that Apprise does not know."""
    # Imported here: nobody needs it who hands nothing on.
    from apprise import Apprise

    channel = Apprise()
    was_disabled, APPRISE_LOG.disabled = APPRISE_LOG.disabled, True
    try:
        known = channel.add(url)  # It logs what it cannot parse, passwords among it.
    finally:
        APPRISE_LOG.disabled = was_disabled
    if not known:
        raise ValueError("Apprise does not know one of the addresses in hand_on")
    return channel


def demand_known(addresses: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    """Raises ValueError if one of them could not be sent to."""
    for address in addresses.values():
        try:
            open_channel(address.get_secret_value())
        except ImportError as error:
            raise ValueError("Apprise has to be installed (pip install apprise)") from error
    return addresses
