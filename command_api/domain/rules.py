"""The numbers that the rules use, in one place.

The leader decides by the rules in its own settings. Every process of a cell should have the
same ones, because each of them tells who may book and shows overlaps.
"""

from datetime import timedelta

from contracts.shared_rules import SharedRules
from contracts.write_levels import NEWEST


class Rules(SharedRules, frozen=True):
    """Settings of a cell. A change applies to later decisions, never to history."""

    requests_max: int = 4
    """How often one guest may request a seat at one announcement. A side that has said no to
    one booking this often cannot take its last no back."""
    waiting_max: int = 500
    """Longest waitlist of one announcement; dissolving it has to fit into one record."""
    mutes_max: int = 1_000
    """How many authors one person may have muted."""
    plans_max: int = 100
    """How many films one person may have planned."""
    feeds_max: int = 20
    """How many calendar feeds one person may have made."""
    blocks_max: int = 1_000
    """How many people one person may have blocked."""
    reports_a_day_max: int = 20
    """How many reports one person may make in one day of UTC."""
    offer_hold: timedelta = timedelta(hours=12)
    """How long a freed seat is held for the guest to whom it is offered."""
    move_hold: timedelta = timedelta(hours=24)
    """How long a seat is held for a guest who has to choose because an announcement moved."""
    answer_before_start: timedelta = timedelta(hours=2)
    """A held seat that waits for an answer is given up this long before the start."""
    evenings_open_max: int = 100
    """Published announcements of one author that are not over."""
    drafts_max: int = 50
    """Drafts of one author."""
    invitations_of_host_a_day_max: int = 300
    invitations_of_pair_a_day_max: int = 10
    """From one author to one guest, for any announcements."""
    invitations_of_guest_a_day_max: int = 50
    """From all authors together."""
    invite_links_max: int = 50
    """Invite links of one announcement, revoked ones included."""
    broadcasts_max: int = 20
    """How often an author may write to all guests of one announcement, cancelled ones included."""
    erasure_delay: timedelta = timedelta(days=7)
    """How long a person can take back the wish to be erased."""
    publish_targets: frozenset[str] = frozenset()
    """Names of the targets to which announcements can be published."""
    write_level: int = NEWEST
    """The level up to which events may be recorded (`contracts.write_levels`)."""


DEFAULT_RULES = Rules()
