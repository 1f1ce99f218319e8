"""Schemathesis over the whole API document, against an embedded system of our own.

Every operation gets cases that fit its schema and cases that do not. No answer may be a
server error, and every answer has a status, a media type and a body that the document names.

`FUZZ_CASES` is the number of cases altogether and `FUZZ_SEED` chooses others: `make fuzz` does
so at random, where a test run always has the same.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.attack.target import Site, own_site
from tests.cells.embedded import evening
from tests.paths import API_DOCUMENT


def _without_tokens(path: Path) -> Any:
    """The document, in which nobody has to say who they are: each case gets a token here.

    Without the stream: an answer to it has no end (`tests/integration/query_api/streams/`).
    """
    document = msgspec.json.decode(path.read_bytes())
    del document["paths"]["/api/v1/stream"]
    for operations in document["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    return document


CASES: Final = int(os.environ.get("FUZZ_CASES", "5000"))
SEED: Final = int(os.environ.get("FUZZ_SEED", "1") or random.randrange(2**32))
"""The same in every test run; another one each time with `make fuzz`."""
SCHEMA: Final = schemathesis.openapi.from_dict(_without_tokens(API_DOCUMENT))
OPERATIONS: Final[dict[str, Any]] = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}
OWN_PATHS: Final = frozenset(label.split()[1] for label in OPERATIONS)
"""A path such as `…/me` is another operation than the one whose parameter takes `me`."""
CASES_OF_ONE: Final = -(-CASES * 6 // 5 // len(OPERATIONS))
"""A fifth more, since some operations have fewer cases than that."""
FAILURES_TOLD: Final = 5

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SLOW: Final = {"POST /api/v1/operator/verify": 5, "POST /api/v1/operator/rebuild": 2}
"""Cases of an operation that takes none of its time for what it is asked."""
POSITIONS: Final = frozenset({"min_position", "as_of"})

run: Final = Counter[str]()


class RequestContext(NamedTuple):
    """What a real request can be about, and who asks."""

    site: Site
    session: requests.Session
    tokens: tuple[str, ...]
    ids: dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestContext]:
    limits = {"PERSON": ("READS", "SEARCHES", "WRITES"), "ADDRESS": ("PUBLIC", "MISSES")}
    raised = {
        f"PRACTIX_RATE_LIMITS__{whose}__{name}": "10000000"
        for whose, names in limits.items()
        for name in names
    } | {"PRACTIX_RATE_LIMITS__ADDRESS__OPERATOR": "10000000"}
    with (
        own_site(tmp_path_factory.mktemp("documented"), **raised) as site,
        requests.Session() as session,
    ):
        yield _settled(site, session)


def _settled(site: Site, session: requests.Session) -> RequestContext:
    """Two people, an evening and a booking of theirs."""

    def ask(method: str, path: str, token: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = session.request(method, site.base_url + path, json=body, headers=headers)
        assert answer.ok, answer.text
        return answer.json()

    people = [
        ask("POST", "/neighbours/auth/token", site.operator_token, {"login": login})
        for login in ("host", "guest")
    ]
    host, guest = (one["access_token"] for one in people)
    film = ask("GET", "/neighbours/movies?q=matrix", site.operator_token)[0]["id"]
    evening_id = ask("POST", f"/api/v1/announcement/{film}", host, evening())["id"]
    booking_id = ask("POST", f"/api/v1/booking/{evening_id}", guest)["booking_id"]
    feed = ask("GET", "/api/v1/schedule/feed", host)["url"].split("/")
    ids = tuple(one["user_id"] for one in people)
    known = {
        "announcement_id": (evening_id,),
        "movie_id": (film,),
        "booking_id": (booking_id,),
        "user_id": (*ids, "me"),
        "author_id": ids,
        "follower_id": ids,
        "person_id": (feed[-2],),
        "token": (feed[-1].removesuffix(".ics"),),
        "position": ("2", "3", "4"),
        "notice_id": ("1", "2"),
        "event_index": ("0",),
    }
    return RequestContext(site, session, (host, guest), known)


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_answer_breaks_the_document(label: str, context: RequestContext) -> None:
    operation = OPERATIONS[label]
    failures: dict[str, str] = {}
    cases = min(SLOW.get(label, CASES_OF_ONE), CASES_OF_ONE)
    fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    unfitting = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    for strategy, share in ((fitting, cases - cases // 2), (unfitting, cases // 2)):

        @seed(SEED)
        @settings(
            max_examples=max(share, 1),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy, pick=st.integers(0, 15))
        def ask(case: Any, pick: int) -> None:
            run[label] += 1
            _aim(case, pick, context)
            headers = _headers(label, pick, context)
            answer = case.call(
                base_url=context.site.base_url,
                session=context.session,
                headers=headers,
                allow_redirects=False,
            )
            try:
                case.validate_response(
                    answer, checks=_checks_of(case, answer.status_code), headers=headers
                )
            except Exception as error:
                failures.setdefault(str(error)[:120], str(error))

        with suppress(Unsatisfiable):  # Nothing that it takes could be wrong.
            ask()
    told = "\n\n".join(list(failures.values())[:FAILURES_TOLD])
    assert not failures, f"FUZZ_SEED={SEED}: {len(failures)} kinds of failures\n{told}"


def test_there_were_as_many_cases_as_asked_for() -> None:
    """Run last, and only counts where all the others ran."""
    if len(run) == len(OPERATIONS):
        print(f"{run.total()} cases, FUZZ_SEED={SEED}")
        assert run.total() >= CASES, f"{run.total()} of {CASES} cases"


def _checks_of(case: Any, status: int) -> list[Any]:
    """A body that breaks its schema must be refused as well. What breaks another part of the
    schema may not even be sent: some values have no place in an address or a header."""
    body = case.meta.components.get(ParameterLocation.BODY)
    unfitting = body is not None and body.mode == GenerationMode.NEGATIVE
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return CHECKS  # A refusal as well, which Schemathesis does not count as one.
    return [*CHECKS, negative_data_rejection] if unfitting else CHECKS


def _aim(case: Any, pick: int, context: RequestContext) -> None:
    """Often at something that exists, and never at a position that has to be waited for."""
    if case.meta.generation.mode == GenerationMode.POSITIVE:
        ids = context.ids if "/suspension" not in case.path else {}  # They are still needed.
        for name in case.path_parameters or {}:
            if name in ids and pick % 4:
                chosen = ids[name][pick % len(ids[name])]
                if case.path.replace(f"{{{name}}}", chosen) not in OWN_PATHS:
                    case.path_parameters[name] = chosen
        if case.path.endswith("{movie_id}") and case.method == "POST" and pick % 2:
            case.body |= {name: evening()[name] for name in ("title", "event_time")}
    for name in POSITIONS & (case.query or {}).keys():
        if str(case.query[name]).isdigit():
            case.query[name] = 1
    if case.path.startswith("/neighbours/control/") and isinstance(case.body, dict):
        # What is switched off here would be missing everywhere else.
        case.body = {
            name: 0 if name == "delay_ms" else False if name == "down" else value
            for name, value in case.body.items()
        }


def _headers(label: str, pick: int, context: RequestContext) -> dict[str, str]:
    if "/operator/" in label or "/neighbours/" in label:
        token = context.site.operator_token
    else:
        token = context.tokens[pick % len(context.tokens)]
    return {"Authorization": f"Bearer {token}"}
