"""Proves from the events alone that only the author and the confirmed guests took part in chats.

It is a part of `projector.proof.rules` and, like that, shares no code with the deciders.
"""

from collections.abc import Iterator

from contracts.events.post import AnyPostEvent, PostChanged, PostDeleted, PostsRead, PostWritten
from contracts.values.ids import PersonId
from projector.proof.announcement_state import AnnouncementState


def find_broken_chat_rules(
    state: AnnouncementState, event: AnyPostEvent, seq: int
) -> Iterator[str]:
    """Yield a reason for each rule about chats that the event of the Commit at `seq` breaks."""
    match event:
        case PostWritten() | PostChanged():
            if not _takes_part(state, event.writer_id):
                yield "a post by somebody who takes no part in the chat"
        case PostDeleted(by="writer"):
            if not _takes_part(state, event.writer_id):
                yield "a post was deleted by somebody who takes no part in the chat"
        case PostsRead():
            if not _takes_part(state, event.reader_id):
                yield "a chat was read by somebody who takes no part in it"
            if event.position >= seq:
                yield "a post was read that is not written yet"
        case _:
            pass
    if isinstance(event, PostWritten) and event.position != seq:
        yield f"a post says that it stands at {event.position}"


def _takes_part(state: AnnouncementState, person_id: PersonId) -> bool:
    occupancy = state.occupancy
    is_author = occupancy is not None and occupancy.author_id == person_id
    return is_author or person_id in state.guests
