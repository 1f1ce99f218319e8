"""The numbers that the rules use, in one place. Only the leader applies them."""

from datetime import timedelta

from contracts.shared_rules import SharedRules


class Rules(SharedRules, frozen=True):
    """Settings of a cell. Changing one changes decisions from then on, never history."""

    requests_max: int = 4
    """How often one guest may ask to come to one evening: once, and three times again. After
    as many noes of their own to one booking, neither side may take the last one back."""
    waiting_max: int = 500
    """Longest line of one evening; its dissolution has to fit into one record."""
    mutes_max: int = 1_000
    """How many hosts one person may have muted."""
    offer_hold: timedelta = timedelta(hours=12)
    move_hold: timedelta = timedelta(hours=24)
    answer_before_start: timedelta = timedelta(hours=2)
    """A held seat that waits for an answer is given up this long before the start."""
    evenings_open_max: int = 100
    """Published evenings of one host that are not over."""
    drafts_max: int = 50
    """Drafts of one host."""
    invitations_of_host_a_day_max: int = 300
    invitations_of_pair_a_day_max: int = 10
    """From one host to one guest, to whatever evenings."""
    invitations_of_guest_a_day_max: int = 50
    """From all hosts together."""


DEFAULT_RULES = Rules()
