"""What every declared write does, whichever noun it is of."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from command_api.domain.booking.commands import RequestBooking
from command_api.domain.submission import Submission
from command_api.http import noun_routes, nouns, routes
from command_api.http.edge import Edge
from command_api.http.erasure_tokens import ErasureTokens
from command_api.http.link_tokens import LinkTokens
from command_api.http.lookups import Lookups
from command_api.leader.answering import Answering
from command_api.leader.ports import Answer
from contracts.errors import NeedsFact
from contracts.films import FilmGroup
from contracts.journal.records import Outcome
from contracts.values.ids import OPERATOR, PersonId, new_id
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import Caller, TokenVerifier
from runtime.http.problems import install_problems
from runtime.outside.ports import AuthClient, MovieClient, PersonProfile, UgcClient
from tests.servers.asgi import AsgiAnswer, call

ANNA = PersonId(new_id())
ID = "11111111-1111-4111-8111-111111111111"
OPERATOR_TOKEN = "the operator's"
TOKENS = ErasureTokens("the secret of the cell")
LINKS = LinkTokens("the secret of the cell")
RECORDED = Answer(Outcome("recorded"), 7, b'{"version":3}')


class RoutedApp:
    """The routes, with people and a leader who answer at once."""

    def __init__(self, answer: Answer = RECORDED) -> None:
        self.submitted: list[Submission] = []
        self.follows_asked = 0
        self.decide: Callable[[Submission], Answer] = lambda _: answer
        edge = Edge(
            answering=cast(Answering, self),
            lookups=Lookups(
                auth=cast(AuthClient, self),
                movies=cast(MovieClient, self),
                ugc=cast(UgcClient, self),
                films=FilmGroup(),
            ),
            tokens=TOKENS,
            links=LINKS,
            deadline_s=1.0,
        )
        self.app = FastAPI()
        install_problems(self.app)
        self.app.include_router(routes.build_public_router(edge, cast(TokenVerifier, self)))
        self.app.include_router(routes.build_operator_router(edge, OperatorGuard(OPERATOR_TOKEN)))

    async def authenticate(self, _: str | None) -> Caller:
        return Caller(ANNA)

    async def person(self, person_id: PersonId) -> PersonProfile:
        return PersonProfile(person_id, "Anna")

    async def follows(self, _author_id: PersonId, _follower_id: PersonId) -> bool:
        self.follows_asked += 1
        return True

    async def submit(self, submission: Submission, _deadline_s: float) -> Answer:
        self.submitted.append(submission)
        return self.decide(submission)

    async def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> AsgiAnswer:
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return await call(self.app, method, f"/api/v1{path}", named, body)

    @property
    def fingerprints(self) -> int:
        """How many different requests were submitted."""
        return len({one.fingerprint for one in self.submitted})


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", f"/booking/{ID}", "booking.request"),
        ("DELETE", f"/booking/{ID}", "booking.answer"),
        ("DELETE", f"/announcement/{ID}", "announcement.cancel"),
        ("DELETE", f"/rating/{ID}", "rating.retract"),
        ("PUT", f"/user/{ID}/mute", "person.mute"),
    ],
)
async def test_a_write_submits_the_callers_command(method: str, path: str, kind: str) -> None:
    site = RoutedApp()
    answered = await site.send(method, path)
    (submission,) = site.submitted
    assert (answered.status, submission.kind, submission.actor) == (200, kind, ANNA)
    assert answered.headers["x-position"] == "7"
    assert answered.headers["idempotency-key"] == submission.idempotency_key


async def test_the_operators_routes_submit_the_operators_commands() -> None:
    site = RoutedApp()
    path = f"/operator/user/{ID}/suspension"
    assert (await site.send("DELETE", path)).status == 401
    assert (await site.send("DELETE", path, authorization=f"Bearer {OPERATOR_TOKEN}")).status == 200
    (submission,) = site.submitted
    assert (submission.kind, submission.actor) == ("person.reinstate", OPERATOR)
    assert submission.actor_facts is None


async def test_the_body_of_a_delete_that_takes_none_is_not_read() -> None:
    site = RoutedApp()
    for body in (b"", b"not json", b'{"a":1,"a":2}'):
        assert (await site.send("DELETE", f"/booking/{ID}", body)).status == 200
    assert site.fingerprints == 1


async def test_a_body_that_nobody_asked_for_is_fingerprinted_but_not_parsed() -> None:
    site = RoutedApp()
    for body in (b"", b"not json"):
        assert (await site.send("PUT", f"/user/{ID}/mute", body)).status == 200
    assert site.fingerprints == 2


async def test_a_malformed_body_or_id_is_not_submitted() -> None:
    site = RoutedApp()
    assert (await site.send("POST", f"/booking/{ID}", b'{"massage":"hi"}')).status == 422
    assert (await site.send("PUT", f"/booking/{ID}", b"")).status == 422
    assert (await site.send("POST", "/booking/nothing")).status == 404
    assert site.submitted == []


async def test_an_answer_has_an_entity_tag_if_its_type_has_a_version() -> None:
    site = RoutedApp()
    with_version = await site.send("PUT", f"/announcement/{ID}", b"{}")
    assert with_version.headers["etag"].startswith('"3.')
    assert "etag" not in (await site.send("PUT", f"/booking/{ID}", b'{"my_status":true}')).headers


async def test_a_refusal_is_a_problem_at_its_position_without_a_tag() -> None:
    refused = Outcome("already_done", refused=True)
    told = Answer(refused, 9, b'{"why":"over"}')
    answered = await RoutedApp(told).send("PUT", f"/announcement/{ID}", b"{}")
    assert (answered.status, answered.json["code"]) == (409, "already_done")
    assert answered.json["why"] == "over"
    assert answered.headers["x-position"] == "9"
    assert "etag" not in answered.headers


async def test_what_was_created_is_201_and_a_replay_says_so() -> None:
    created = Answer(Outcome("recorded", created=True), 7, b"{}", replayed=True)
    answered = await RoutedApp(created).send("POST", f"/booking/{ID}")
    assert (answered.status, answered.headers["idempotent-replay"]) == (201, "true")


async def test_a_fact_that_the_decision_needs_is_looked_up_and_submitted_with_it() -> None:
    site = RoutedApp()

    def decide(submission: Submission) -> Answer:
        assert isinstance(submission.command, RequestBooking)
        if submission.command.follows_author is None:
            raise NeedsFact({"follows": [new_id(), ANNA]})
        return RECORDED

    site.decide = decide
    assert (await site.send("POST", f"/booking/{ID}")).status == 200
    first, second = site.submitted
    assert site.follows_asked == 1
    assert first.idempotency_key == second.idempotency_key
    assert isinstance(second.command, RequestBooking)
    assert second.command.follows_author is True


async def test_a_decision_that_is_never_content_is_given_up() -> None:
    site = RoutedApp()

    def decide(_: Submission) -> Answer:
        raise NeedsFact({"follows": [new_id(), ANNA]})

    site.decide = decide
    assert (await site.send("POST", f"/booking/{ID}")).status == 503


async def test_a_misspelt_trial_is_not_submitted() -> None:
    site = RoutedApp()
    assert (await site.send("POST", f"/booking/{ID}?dryrun=true")).status == 422
    assert site.submitted == []
    assert (await site.send("POST", f"/booking/{ID}?dry_run=true")).status == 200
    assert site.submitted[0].dry_run


def test_the_document_names_an_operation_after_its_function() -> None:
    paths: dict[str, Any] = RoutedApp().app.openapi()["paths"]
    operation = paths["/api/v1/booking/{announcement_id}"]["post"]
    assert operation["operationId"] == "request_booking_api_v1_booking__announcement_id__post"
    assert operation["description"].startswith("Ask for a seat.")


def test_no_noun_is_forgotten() -> None:
    folder = Path(noun_routes.__file__).parent / "nouns"
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    served = (*routes.PUBLIC_ROUTES, *routes.OPERATOR_ROUTES)
    declared = [
        found
        for name in modules
        for found in vars(import_module(f"{nouns.__name__}.{name}")).values()
        if isinstance(found, noun_routes.NounRoutes)
    ]
    assert len(declared) == len(served) >= len(modules)
