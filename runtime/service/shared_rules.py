"""Reads the rules that decisions and reads share from the settings of a service.

Each service reads them under its own prefix.
"""

from datetime import timedelta

from pydantic import NonNegativeInt
from pydantic_settings import BaseSettings

from contracts.shared_rules import SharedRules


class SharedRuleSettings(BaseSettings):
    """The settings of `SharedRules`. All command and query processes of a cell need the same
    values."""

    gap_min: NonNegativeInt = 0
    pending_blocks: bool = False
    hide_guest_list: bool = False

    def shared_rules(self) -> SharedRules:
        """Return the rules that these settings choose."""
        return SharedRules(
            gap=timedelta(minutes=self.gap_min),
            pending_blocks=self.pending_blocks,
            hide_guest_list=self.hide_guest_list,
        )
