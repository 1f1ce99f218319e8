"""People who write in chats while everything else goes on, and what must hold then.

The invariants are stated by events and by bookings alone.
"""

import asyncio
from contextlib import suppress
from random import Random
from typing import Final

import msgspec
from msgspec import Struct

from command_api.domain.layer import Layer
from command_api.domain.person.commands import PersonFacts
from command_api.domain.post.commands import ChangePost, DeletePost, ReadPosts, WritePost
from command_api.domain.submission import AnyCommand, Submission
from command_api.leader.ports import Answer
from contracts.errors import CommandError
from contracts.events.post import PostChanged, PostDeleted, PostEvent, PostsRead, PostWritten
from contracts.events.stored.codec import decode_events
from contracts.journal.records import Commit
from contracts.values.ids import AnnouncementId, PersonId, PostId
from tests.simulation.invariants import Violation, fold
from tests.simulation.simulated.clients import (
    ClientAnswer,
    Population,
    WrongAnswer,
    insist_anywhere,
)
from tests.simulation.simulated.cluster import Cluster

WISHES: Final = 30


class _Place(Struct):
    """The one field of an answer that is compared with the journal."""

    position: int


class Chatters:
    """Write, change, delete and read posts, through any process, until each wish is answered.
    Sometimes it is not their chat, or not their post."""

    def __init__(self, cluster: Cluster, population: Population, random: Random) -> None:
        self._cluster = cluster
        self._population = population
        self._random = random
        self._posts: list[tuple[PostId, PersonId]] = []

    async def chat(self, wishes: int = WISHES) -> None:
        for number in range(wishes):
            await asyncio.sleep(self._random.expovariate(1.0))
            if self._population.evenings:
                actor = self._choose_actor()
                await self._insist(f"chat-{number}", actor, self._choose_command(number, actor))

    def _choose_actor(self) -> PersonId:
        involved = [person for pair in self._population.bookings.values() for person in pair]
        return self._random.choice([*involved, *self._population.people])

    def _choose_command(self, number: int, actor: PersonId) -> AnyCommand:
        chance, announcement_id = self._random.random(), self._choose_evening(actor)
        if chance < 0.5 or not self._posts:
            post_id = PostId(f"post-{number}")
            self._posts.append((post_id, actor))
            text = self._random.choice(("Tea?", "Me!"))
            return WritePost(announcement_id=announcement_id, post_id=post_id, text=text)
        mine = [one for one, writer in self._posts if writer == actor]
        post_id = self._random.choice(mine or [one for one, _ in self._posts])
        if chance < 0.65:
            return ChangePost(post_id=post_id, text=self._random.choice(("Tea?", "Cake?")))
        if chance < 0.75:
            return DeletePost(post_id=post_id)
        position = self._random.choice((2, 20, 200, 2**62))
        return ReadPosts(announcement_id=announcement_id, position=position)

    def _choose_evening(self, actor: PersonId) -> AnnouncementId:
        evenings, met = self._population.evenings, self._population.met
        hosted = [one for one, author in evenings.items() if author == actor]
        visited = [evening for (_, guest), evening in met.items() if guest == actor]
        return self._random.choice([*hosted, *visited] or list(evenings))

    async def _insist(self, key: str, actor: PersonId, command: AnyCommand) -> None:
        submission = Submission(
            id=key,
            actor=actor,
            idempotency_key=key,
            fingerprint=key,
            command=command,
            actor_facts=PersonFacts(actor, actor.title()),
        )
        with suppress(CommandError):
            self._note(submission, await insist_anywhere(self._cluster, submission, self._random))

    def _note(self, submission: Submission, answer: Answer) -> None:
        self._population.told.append(ClientAnswer(submission, answer))
        if isinstance(submission.command, WritePost) and not answer.outcome.refused:
            place = msgspec.json.decode(answer.body, type=_Place).position
            if place != answer.position:
                raise WrongAnswer(f"the post of {answer.position} is said to stand at {place}")


def check_chats(commits: list[Commit]) -> None:
    """Check that only the people of an announcement take part in its chat, that a deleted post
    stays as it is, and that nobody's mark goes back or beyond the newest post."""
    folded = fold(())
    deleted: set[PostId] = set()
    newest: dict[AnnouncementId, int] = {}
    marks: dict[tuple[AnnouncementId, PersonId], int] = {}
    for commit in commits:
        actor = PersonId(commit.command.actor)
        for event in decode_events(commit.events):
            if not isinstance(event, PostEvent):
                continue
            if not _takes_part(folded.accepted, event.announcement_id, actor):
                raise Violation(f"at {commit.seq}: a stranger is in a chat")
            match event:
                case PostWritten() if event.position != commit.seq:
                    raise Violation(f"at {commit.seq}: a post stands at {event.position}")
                case PostWritten():
                    newest[event.announcement_id] = event.position
                case PostChanged() | PostDeleted() if event.post_id in deleted:
                    raise Violation(f"at {commit.seq}: {event.post_id} was deleted before")
                case PostDeleted():
                    deleted.add(event.post_id)
                case PostsRead():
                    membership = event.announcement_id, event.reader_id
                    since, until = marks.get(membership, 0), newest.get(event.announcement_id, 0)
                    if not since < event.position <= until:
                        raise Violation(f"at {commit.seq}: read from {since} to {event.position}")
                    marks[membership] = event.position
                case _:
                    pass
        folded.fold(commit)


def _takes_part(layer: Layer, announcement_id: AnnouncementId, person_id: PersonId) -> bool:
    announcement = layer.announcements.get(announcement_id)
    confirmed = any(
        one.announcement_id == announcement_id and one.guest_id == person_id and one.confirmed
        for one in layer.bookings.own.values()
    )
    return confirmed or (announcement is not None and announcement.author_id == person_id)
