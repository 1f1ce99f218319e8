"""Commands, state and events have the same terms."""

from command_api.domain.announcement.terms import AnnouncementTerms, ChangedTerms
from contracts.events.announcement import CHANGEABLE_FIELDS, AnnouncementCreated
from contracts.representations import DetailAnnouncementResponse


def test_every_term_is_stated_changed_and_recorded_under_one_name() -> None:
    assert set(AnnouncementTerms.__struct_fields__) == set(CHANGEABLE_FIELDS)
    assert set(ChangedTerms.__struct_fields__) == set(CHANGEABLE_FIELDS)
    assert set(CHANGEABLE_FIELDS) <= set(AnnouncementCreated.__struct_fields__)


def test_every_term_is_shown_to_somebody() -> None:
    assert set(CHANGEABLE_FIELDS) <= set(DetailAnnouncementResponse.__struct_fields__)
