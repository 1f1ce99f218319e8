"""Auth: gives anybody a token for any login; a privileged token needs the operator token."""

from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

import jwt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from starlette.responses import Response

from contracts.errors import NotFound
from contracts.values.languages import HOME_LANGUAGE, Language
from contracts.values.text import clean_line
from contracts.values.zones import HOME_ZONE, demand_zone
from neighbours.bodies import BODY_BYTES_MAX, BoundedRoute, document_body
from neighbours.settings import StandInSettings
from neighbours.store import Store
from neighbours.switches import Switches
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import issue_token
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response, parse_body, read_json_body
from runtime.process.clock import Clock

_PEOPLE: Final = uuid5(NAMESPACE_URL, "urn:practix:person")

KEPT_MAX: Final = 10_000

Login = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(clean_line),
]


class LoginBody(BaseModel):
    """A person keeps what an earlier login set unless this one sets it."""

    model_config = ConfigDict(extra="forbid")

    login: Login
    is_super: StrictBool = False
    permissions: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    name: Login | None = None
    language: Language | None = None
    tz: Annotated[str, AfterValidator(demand_zone)] | None = None

    @property
    def privileged(self) -> bool:
        """Whether the token would open more than the person's own things."""
        return self.is_super or bool(self.permissions)


def person_id_of(login: str) -> str:
    """Return the person's id: the same for a login, in any case, in every installation."""
    return str(uuid5(_PEOPLE, login.strip().casefold()))


class Signer:
    """Issues tokens and publishes the key that verifies them, if that key is public."""

    def __init__(self, settings: StandInSettings, now: Clock) -> None:
        self._settings = settings
        self._now = now
        self._key: Any = None
        self._kid: str | None = None
        self.key_set: dict[str, list[dict[str, Any]]] = {"keys": []}
        if settings.secret is not None and settings.algorithm == "HS256":
            self._key = settings.secret.get_secret_value()
        elif settings.private_key_file is not None:
            self._load(settings.private_key_file.read_bytes())

    def token(self, person_id: str, body: LoginBody) -> str:
        """Return a new token for the person, with the rights that the login asks for."""
        return issue_token(
            person_id,
            key=self._key,
            now=self._now(),
            algorithm=self._settings.algorithm,
            issuer=self._settings.issuer,
            audience=self._settings.audience,
            lifetime=self._settings.token_lifetime,
            is_super=body.is_super,
            permissions=body.permissions,
            kid=self._kid,
        )

    def _load(self, pem: bytes) -> None:
        self._key = load_pem_private_key(pem, password=None)
        public = self._key.public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._kid = sha256(der).hexdigest()[:16]
        algorithm: Any = jwt.get_algorithm_by_name(self._settings.algorithm)
        about = {"kid": self._kid, "use": "sig", "alg": self._settings.algorithm}
        self.key_set["keys"].append(algorithm.to_jwk(public, as_dict=True) | about)


class People:
    """The people who have logged in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, dict[str, Any]] = {}
        """By id, since every command looks a person up. Those kept longest come first."""

    def log_in(self, body: LoginBody) -> dict[str, Any]:
        """Remember what the login says of the person, and return the person."""
        user_id = person_id_of(body.login)
        self._store.write(
            """
            INSERT INTO person (user_id, name, language, tz)
            VALUES (?1, coalesce(?2, ?3), coalesce(?4, ?6), coalesce(?5, ?7))
            ON CONFLICT (user_id) DO UPDATE SET
                name = coalesce(?2, name), language = coalesce(?4, language),
                tz = coalesce(?5, tz)
            """,
            user_id,
            body.name,
            body.login[0].upper() + body.login[1:],
            body.language,
            body.tz,
            HOME_LANGUAGE,
            HOME_ZONE,
        )
        self._kept.pop(user_id, None)
        return self.person(user_id)

    def person(self, user_id: str) -> dict[str, Any]:
        """Return the person. Raises NotFound if they never logged in."""
        found = self.find(user_id)
        if found is None:
            raise NotFound
        return found

    def find(self, user_id: str) -> dict[str, Any] | None:
        """Return the person; None if they never logged in, which is not remembered: somebody may
        log in at another process on the same file."""
        found = self._kept.get(user_id) or self._store.row(
            "SELECT user_id, name, language, tz FROM person WHERE user_id = ?", user_id
        )
        if found is not None and user_id not in self._kept:
            self._kept[user_id] = found
            if len(self._kept) > KEPT_MAX:
                del self._kept[next(iter(self._kept))]
        return found


def auth_router(
    people: People, signer: Signer, operator: OperatorGuard, switches: Switches
) -> APIRouter:
    pass_or_fail = switches.guard("auth")
    both = APIRouter(prefix="/neighbours/auth", tags=["neighbours: Auth"])
    # A direct route (`runtime.front.direct_routes`): everybody begins with it.
    direct = APIRouter(route_class=ApiRoute)
    router = APIRouter(route_class=BoundedRoute, dependencies=[Depends(pass_or_fail)])

    @direct.post("/token", openapi_extra=document_body(LoginBody))
    async def log_in(request: Request) -> Response:
        """Issue a token for the login; a login seen for the first time becomes a person. A
        super-user's token, or one with permissions, needs the operator token."""
        raw_body = await read_json_body(request, BODY_BYTES_MAX)
        await pass_or_fail()
        body = parse_body(LoginBody, raw_body)
        if body.privileged:
            operator.require(request)
        person = people.log_in(body)
        token = signer.token(person["user_id"], body)
        return json_response(
            {"access_token": token, "user_id": person["user_id"], "name": person["name"]},
            headers={"Cache-Control": "no-store"},
        )

    @router.get("/users/{user_id}")
    async def get_person(user_id: UUID) -> Response:
        """Return the name, language and time zone of a person."""
        return json_response(people.person(str(user_id)))

    @router.get("/jwks.json")
    async def get_key_set() -> Response:
        """Return the public keys. There are none with HS256, whose key is a shared secret."""
        return json_response(signer.key_set)

    both.include_router(direct)
    both.include_router(router)
    return both
