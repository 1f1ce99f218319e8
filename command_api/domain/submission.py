"""A command with its caller and with what was looked up for it.

Commands travel from the edge to the leader as JSON, within one version of the software only.
Unlike events they are not storage format. Facts that the edge looked up (names, the film,
whether a guest follows the author) come inside, so that deciding needs no I/O.
"""

from msgspec import Struct

from command_api.domain.announcement.commands import AnyAnnouncementCommand
from command_api.domain.booking.commands import AnyBookingCommand
from command_api.domain.broadcast.commands import AnyBroadcastCommand
from command_api.domain.feed.commands import AnyFeedCommand
from command_api.domain.invite_job.commands import AnyInviteJobCommand
from command_api.domain.invite_link.commands import AnyInviteLinkCommand
from command_api.domain.person.commands import AnyPersonCommand, PersonFacts
from command_api.domain.plan.commands import AnyPlanCommand
from command_api.domain.post.commands import AnyPostCommand
from command_api.domain.rating.commands import AnyRatingCommand
from command_api.domain.report.commands import AnyReportCommand
from contracts.journal.records import CommandInfo
from contracts.values.ids import PersonId
from contracts.values.languages import API_LANGUAGE, Language

AnyCommand = (
    AnyAnnouncementCommand
    | AnyBookingCommand
    | AnyRatingCommand
    | AnyPersonCommand
    | AnyPostCommand
    | AnyPlanCommand
    | AnyFeedCommand
    | AnyInviteLinkCommand
    | AnyInviteJobCommand
    | AnyBroadcastCommand
    | AnyReportCommand
)


class Submission(Struct, frozen=True, kw_only=True):
    """One command, and who gives it. Two actors may use the same idempotency key."""

    id: str
    actor: PersonId
    idempotency_key: str
    fingerprint: str
    command: AnyCommand
    query_fingerprint: str | None = None
    """Tells a retry from another request, together with `fingerprint` (`CommandInfo`)."""
    is_super: bool = False
    actor_facts: PersonFacts | None = None
    """Auth's data about the actor; None if Auth could not be asked."""
    language: Language = API_LANGUAGE
    """The language in which the answer names the film."""
    dry_run: bool = False
    """Whether the leader is to decide and answer, but append nothing."""
    traceparent: str = ""
    """The trace context of the request that gave the command; empty if none did."""

    @property
    def kind(self) -> str:
        """The stored name of the command."""
        return str(self.command.__struct_config__.tag)

    def identify(self) -> CommandInfo:
        """Return what a Commit says of the command, not yet concealed."""
        return CommandInfo(
            self.id,
            self.kind,
            self.actor,
            self.idempotency_key,
            self.fingerprint,
            self.query_fingerprint,
            self.traceparent,
        )
