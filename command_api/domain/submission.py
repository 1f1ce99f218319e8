"""What can be asked for. Commands travel from the edge to the leader as JSON, within one
version of the software only; unlike events they are not storage format.

Facts that were looked up at the edge (names, the film, whether a guest follows the
author) come inside the command, so that deciding needs no I/O.
"""

from msgspec import Struct

from command_api.domain.announcement.commands import (
    AnnouncementDue,
    CancelAnnouncement,
    ChangeAnnouncement,
    CreateAnnouncement,
)
from command_api.domain.booking.commands import AnswerBooking, HoldDue, InviteGuests, RequestBooking
from command_api.domain.person.commands import (
    MuteAuthor,
    PersonFacts,
    ReinstatePerson,
    SuspendPerson,
    UnmuteAuthor,
)
from command_api.domain.rating.commands import ChangeRating, GiveRating, RatingDue, RetractRating
from contracts.values.ids import PersonId
from contracts.values.languages import API_LANGUAGE, Language

AnyCommand = (
    CreateAnnouncement
    | ChangeAnnouncement
    | CancelAnnouncement
    | RequestBooking
    | AnswerBooking
    | InviteGuests
    | GiveRating
    | ChangeRating
    | RetractRating
    | MuteAuthor
    | UnmuteAuthor
    | SuspendPerson
    | ReinstatePerson
    | AnnouncementDue
    | HoldDue
    | RatingDue
)


class Submission(Struct, frozen=True, kw_only=True):
    """One command and who gives it. The idempotency key belongs to the actor."""

    id: str
    actor: PersonId
    idempotency_key: str
    fingerprint: str
    command: AnyCommand
    query_fingerprint: str | None = None
    """With `fingerprint` it tells a retry from another request (`CommandInfo`)."""
    is_super: bool = False
    actor_facts: PersonFacts | None = None
    """What Auth said of the actor; None where it could not be asked."""
    language: Language = API_LANGUAGE
    """In which the answer names the film."""
    dry_run: bool = False
    """Decide, answer, and append nothing."""

    @property
    def kind(self) -> str:
        return str(self.command.__struct_config__.tag)
