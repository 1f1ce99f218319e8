"""From an HTTP request to a command and back: who asks, with which key, knowing what.

Lookups at the services around us happen here, before a command is built, and once more
where the decision asks for a fact (`NeedsFact`). The idempotency key is the client's or,
where it sent none, made here and returned, so every command has one.
"""

import asyncio
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from command_api.domain.announcement.commands import (
    ChangeAnnouncement,
    CreateAnnouncement,
    FilmFacts,
)
from command_api.domain.booking.commands import Invitee, RequestBooking
from command_api.domain.person.commands import PersonFacts
from command_api.domain.submission import AnyCommand, Submission
from command_api.http.films import FilmRule
from command_api.leader.answering import Answering
from command_api.leader.ports import Answer
from command_api.representations.person import render_suspension
from contracts.error_codes import read_refusal
from contracts.errors import DependencyDown, Forbidden, Malformed, NeedsFact, NotFound
from contracts.values.ids import (
    OPERATOR,
    AnnouncementId,
    BookingId,
    MovieId,
    PersonId,
    canonical,
    new_id,
)
from runtime.auth.tokens import Caller, TokenVerifier
from runtime.http.entity_tag import entity_tag
from runtime.http.json_body import JSON, json_response, read_json_body
from runtime.http.negotiation import language_of
from runtime.http.parameters import MIN_POSITION_WAIT_S, is_dry_run, min_position_of
from runtime.http.problems import problem
from runtime.limits.limiter import admit
from runtime.outside.ports import AuthClient, MovieClient, UgcClient

FACT_ROUNDS_MAX: Final = 3
_KEY: Final = re.compile(r"[!-~]{1,200}")


class _Versioned(Struct):
    """The one field of an announcement's representation that its tag needs."""

    version: int


class Edge:
    """What the routes share. One per process."""

    def __init__(
        self,
        *,
        answering: Answering,
        verifier: TokenVerifier,
        auth: AuthClient,
        movies: MovieClient,
        ugc: UgcClient,
        deadline_s: float,
        film_rule: FilmRule,
    ) -> None:
        self._answering = answering
        self._verifier = verifier
        self._auth = auth
        self._movies = movies
        self._ugc = ugc
        self._deadline_s = deadline_s
        self._film_rule = film_rule

    async def caller(self, request: Request) -> Caller:
        """Raises Unauthenticated, RateLimited."""
        caller = await self._verifier.authenticate(request.headers.get("authorization"))
        admit(request, caller.person_id)
        return caller

    async def film(self, movie_id: MovieId) -> FilmFacts:
        """Raises NotFound for an unknown film, Forbidden for one that this site does not
        announce, DependencyDown."""
        movie = await self._movies.movie(movie_id)
        if movie is None:
            raise NotFound
        if not self._film_rule.allows(movie):
            raise Forbidden("film_not_allowed")
        return FilmFacts(movie_id, movie.title, movie.title_ru, movie.duration_min)

    async def invitees(self, guest_ids: Iterable[UUID]) -> tuple[Invitee, ...]:
        """Each once, with what Auth knows of them. Raises DependencyDown."""
        unique = list(dict.fromkeys(PersonId(str(one)) for one in guest_ids))
        known = await asyncio.gather(*(self._look_up_person(one) for one in unique))
        return tuple(
            Invitee(person_id, BookingId(new_id()), facts)
            for person_id, facts in zip(unique, known, strict=True)
        )

    async def run(
        self, request: Request, caller: Caller, raw: bytes, command: AnyCommand
    ) -> Response:
        """Have the command decided and recorded, and answer the request with its outcome."""
        command_id = new_id()
        submission = Submission(
            id=command_id,
            actor=caller.person_id,
            is_super=caller.is_super,
            idempotency_key=_key_of(request) or command_id,
            fingerprint=_fingerprint(request, raw),
            query_fingerprint=_query_fingerprint(request),
            command=command,
            actor_facts=await self._known_person(caller.person_id),
            language=language_of(request),
            dry_run=is_dry_run(request),
        )
        answer = await self._submit(submission)
        return _response(request, submission, answer)

    async def eligibility(
        self, request: Request, caller: Caller, announcement_id: AnnouncementId
    ) -> Response:
        """What would come of a request to come, as this process knows the cell now."""
        await self._answering.reach(min_position_of(request.query_params), MIN_POSITION_WAIT_S)
        follows: bool | None = None
        for _ in range(FACT_ROUNDS_MAX):
            try:
                told = self._answering.assess_eligibility(
                    announcement_id,
                    caller.person_id,
                    follows_author=follows,
                    language=language_of(request),
                )
            except NeedsFact as needs:
                follows = await self._follows(needs)
                continue
            return json_response(told, headers={"X-Position": str(self._answering.position)})
        raise DependencyDown("ugc")

    async def suspensions(self, request: Request) -> Response:
        """People who are shut out, as this process knows the cell now."""
        await self._answering.reach(min_position_of(request.query_params), MIN_POSITION_WAIT_S)
        found = [render_suspension(person) for person in self._answering.list_suspended()]
        found.sort(key=lambda one: (one.since, one.user_id), reverse=True)
        return json_response(found, headers={"X-Position": str(self._answering.position)})

    async def _submit(self, submission: Submission) -> Answer:
        for _ in range(FACT_ROUNDS_MAX):
            try:
                return await self._answering.submit(submission, self._deadline_s)
            except NeedsFact as needs:
                submission = await self._with_fact(submission, needs)
        raise DependencyDown("ugc")

    async def _with_fact(self, submission: Submission, needs: NeedsFact) -> Submission:
        if not isinstance(submission.command, RequestBooking):
            raise TypeError(f"{submission.kind} takes no such fact")
        follows = await self._follows(needs)
        command = msgspec.structs.replace(submission.command, follows_author=follows)
        return msgspec.structs.replace(submission, command=command)

    async def _follows(self, needs: NeedsFact) -> bool:
        """Without an answer from UGC a subscribers-only evening stays hidden."""
        author_id, guest_id = needs.wanted["follows"]
        try:
            return await self._ugc.follows(author_id, guest_id)
        except DependencyDown:
            return False

    async def _known_person(self, person_id: PersonId) -> PersonFacts | None:
        """None if Auth does not answer: the name known so far has to do; and for an
        operator, who is nobody in Auth."""
        if person_id == OPERATOR:
            return None
        try:
            return await self._look_up_person(person_id)
        except DependencyDown:
            return None

    async def _look_up_person(self, person_id: PersonId) -> PersonFacts | None:
        person = await self._auth.person(person_id)
        if person is None:
            return None
        return PersonFacts(person_id, person.name, person.language, person.tz)


def path_id(request: Request, name: str) -> str:
    """The id in the path, in canonical spelling. What is no id names nothing: NotFound."""
    found = canonical(request.path_params[name])
    if found is None:
        raise NotFound
    return found


async def body_of(request: Request) -> bytes:
    return await read_json_body(request)


def _key_of(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Malformed("malformed_header", {"header": "Idempotency-Key"})
    return key


def _fingerprint(request: Request, raw: bytes) -> str:
    return sha256(f"{request.method} {request.scope['path']}\n".encode() + raw).hexdigest()


def _query_fingerprint(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return sha256(query).hexdigest() if query else ""


def _response(request: Request, submission: Submission, answer: Answer) -> Response:
    headers = {"X-Position": str(answer.position), "Idempotency-Key": submission.idempotency_key}
    if answer.replayed:
        headers["Idempotent-Replay"] = "true"
    outcome = answer.outcome
    if outcome.refused:
        return problem(
            read_refusal(outcome.code),
            language=submission.language,
            instance=request.scope["path"],
            facts=outcome.facts,
            headers=headers,
        )
    if isinstance(submission.command, CreateAnnouncement | ChangeAnnouncement):
        shown = msgspec.json.decode(answer.body, type=_Versioned)
        headers["ETag"] = entity_tag(answer.body, shown.version)
    return Response(answer.body, 201 if outcome.created else 200, headers, JSON)
