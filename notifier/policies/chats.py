"""Decides whom to tell that there are new posts in a chat: once until they read on (§3.3).

Whoever reads or writes in the chat is there, and is told nothing.
"""

from collections.abc import Iterator
from typing import Final

from contracts.events.post import PostsRead, PostWritten
from contracts.values.ids import AnnouncementId, PersonId
from notifier.kinds import CHAT_DIGEST
from notifier.policies.effects import Effect, Occasion, Tell, Withdraw
from notifier.policies.facts import announcement_facts
from notifier.policies.policy import AnnouncementView, ChatView, NoticePolicy

READ: Final = "read"


def tell_new_posts(event: PostWritten, _occasion: Occasion, view: ChatView) -> Iterator[Effect]:
    """Tell those who have read everything so far. The others have been told already."""
    yield _withdraw_digest(event.announcement_id, event.writer_id)
    for recipient in view.untold_members():
        if recipient != event.writer_id:
            facts = announcement_facts(view.announcement)
            yield Tell(CHAT_DIGEST, recipient, event.announcement_id, facts)


def note_reading(
    event: PostsRead, _occasion: Occasion, _view: AnnouncementView
) -> Iterator[Effect]:
    """Withdraw what waits for somebody who reads by themselves."""
    yield _withdraw_digest(event.announcement_id, event.reader_id)


def _withdraw_digest(announcement_id: AnnouncementId, person_id: PersonId) -> Withdraw:
    return Withdraw(announcement_id, (CHAT_DIGEST,), READ, frozenset({person_id}))


POLICIES: Final = (
    NoticePolicy(PostWritten, ChatView, tell_new_posts),
    NoticePolicy(PostsRead, AnnouncementView, note_reading),
)
