"""Renders notices as their recipients would read them now, for operators who moderate them."""

from collections.abc import Mapping, Sequence
from typing import Final

from contracts.errors import DependencyDown
from contracts.values.ids import AnnouncementId, PersonId
from notifier.delivery.decisions import Recipient, compose, compose_personal, erase_begun
from notifier.delivery.leases import DeliveryContext, LeasedNotice
from notifier.delivery.overlaps import name_overlaps
from notifier.delivery.preferences import DEFAULT
from notifier.planning.notice_plan import PlannedNotice
from notifier.policies.facts import people_in
from notifier.store.queue import NoticeQueue
from notifier.texts.render import NoticeText
from runtime.outside.ports import AuthClient, Notice, PersonProfile
from runtime.process.clock import Clock

SHARED_FIELDS: Final = tuple(
    set(PlannedNotice.__struct_fields__).intersection(LeasedNotice.__struct_fields__)
)


class NoticePreview:
    """Shows what notices would say if they went now."""

    def __init__(self, queue: NoticeQueue, auth: AuthClient, clock: Clock) -> None:
        self._queue = queue
        self._auth = auth
        self._clock = clock

    async def render(self, ids: Sequence[int]) -> Mapping[int, NoticeText]:
        """Return by id the texts of notices. One that cannot be written is missing, as while the
        journal is being read again. Raises TablesUnavailable."""
        notices = await self._queue.read_any(ids)
        context = await self._queue.load_context(notices)
        texts = {}
        for one in notices:
            if not context.is_erased_for(one):
                told = await self._compose(erase_begun(one, context.erasures), context)
                if told is not None:
                    texts[one.id] = NoticeText(told.title, told.text)
        return texts

    async def render_planned(self, planned: PlannedNotice) -> NoticeText | None:
        """Return the text of a notice that need not be stored; None if it cannot be written.
        Raises TablesUnavailable."""
        named = {name: getattr(planned, name) for name in SHARED_FIELDS}
        notice = LeasedNotice(**named, id=0, attempts=0)
        told = await self._compose(notice, await self._queue.load_context([notice]))
        return None if told is None else NoticeText(told.title, told.text)

    async def knows(self, person_id: PersonId) -> bool:
        """Return whether there is such a person. Raises TablesUnavailable, and DependencyDown if
        Auth has to be asked and does not answer."""
        context = await self._queue.load_context([], [person_id])
        if person_id in context.people:
            return person_id not in context.erased
        return await self._auth.person(person_id) is not None

    async def knows_announcement(self, announcement_id: AnnouncementId | None) -> bool:
        """Return whether a notice can be about this announcement; None stands for no announcement.
        Raises TablesUnavailable."""
        return announcement_id is None or await self._queue.knows_announcement(announcement_id)

    async def _compose(self, notice: LeasedNotice, context: DeliveryContext) -> Notice | None:
        named = people_in(notice.facts) | {notice.recipient}
        people = {one: await self._find_person(one, context) for one in named}
        profile = people[notice.recipient] or PersonProfile(notice.recipient, "")
        recipient = Recipient(profile, context.preferences.get(notice.recipient, DEFAULT))
        now = self._clock()
        try:
            if notice.announcement_id is None:
                return compose_personal(notice, recipient, now)
            relation = await self._queue.load_relation(notice.announcement_id, notice.recipient)
            if relation is None:
                return None
            names: dict[str, str] = {one: who.name for one, who in people.items() if who}
            notice = await name_overlaps(notice, self._queue)
            return compose(notice, recipient, relation, names, "", now)
        except (KeyError, ValueError, TypeError):
            return None  # Its facts are not as they should be; the dispatcher parks it.

    async def _find_person(
        self, person_id: PersonId, context: DeliveryContext
    ) -> PersonProfile | None:
        if person_id in context.people:
            return context.people[person_id]
        try:
            return await self._auth.person(person_id)
        except DependencyDown:
            return None
