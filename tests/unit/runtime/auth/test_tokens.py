"""Which tokens hold, and for how long."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import SecretStr

from contracts.errors import TokenExpired, Unauthenticated
from runtime.auth.token_keys import UnknownKey
from runtime.auth.tokens import TokenSettings, TokenVerifier, issue_token

SECRET = "a secret of the tests, long enough for HS256"
ANNA = "5b0cd8c5-42f1-5a9d-a5a7-dc7ccf3e5d0a"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SETTINGS = TokenSettings(secret=SecretStr(SECRET))


class TurnedClock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def verifier(clock: TurnedClock) -> TokenVerifier:
    return TokenVerifier(SETTINGS, clock)


def claims(**changed: Any) -> dict[str, Any]:
    noon = int(NOON.timestamp())
    full = {
        "sub": ANNA,
        "iat": noon,
        "exp": noon + 3600,
        "iss": "practix-auth",
        "aud": "practix",
    } | changed
    return {name: value for name, value in full.items() if value is not None}


def bearer(key: Any = SECRET, algorithm: str = "HS256", **changed: Any) -> str:
    return "Bearer " + jwt.encode(claims(**changed), key, algorithm=algorithm)


def typed(kind: Any) -> str:
    """PyJWT itself would say no to a header that is no text."""
    header = json.dumps({"alg": "HS256", "typ": kind}).encode()
    parts = (header, json.dumps(claims()).encode())
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.digest(SECRET.encode(), signed, "sha256")
    return f"Bearer {(signed + b'.' + base64.urlsafe_b64encode(signature).rstrip(b'=')).decode()}"


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", None])
def test_a_token_for_callers_may_say_so(verifier: TokenVerifier, kind: str | None) -> None:
    assert verifier.verify(typed(kind)).person_id == ANNA


async def test_an_issued_token_names_its_person(verifier: TokenVerifier) -> None:
    token = issue_token(ANNA, key=SECRET, now=NOON, is_super=True, permissions=("read",))
    caller = await verifier.authenticate(f"Bearer {token}")
    assert (caller.person_id, caller.is_super, caller.permissions) == (ANNA, True, ("read",))


def test_the_scheme_may_be_written_in_any_case(verifier: TokenVerifier) -> None:
    assert verifier.verify(bearer().replace("Bearer", "bearer")).person_id == ANNA


def test_the_person_id_is_canonical(verifier: TokenVerifier) -> None:
    assert verifier.verify(bearer(sub=ANNA.upper())).person_id == ANNA


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic YTpi",
        bearer(sub=None),
        bearer(exp=None),
        bearer(iat=None),
        bearer(iss=None),
        bearer(aud=None),
        bearer(iss="somebody"),
        bearer(aud="another"),
        bearer(sub="anna"),
        bearer(exp="soon"),
        bearer(exp=1e300),
        bearer(exp=10**17),
        bearer(exp=-(10**17)),
        bearer(exp=10**400),
        bearer(exp=float("nan")),
        bearer(exp=float("inf")),
        bearer(exp=True),
        bearer(iat=10**17),
        bearer(nbf=10**17),
        bearer(nested="x" * 10) + "!",
        "Bearer " + base64.urlsafe_b64encode(b"[" * 30_000).decode() + ".e30.e30",
        typed("logout+jwt"),
        typed("id_token"),
        typed(""),
        typed(7),
        typed(["JWT"]),
        "Bearer " + jwt.encode(claims(), SECRET, headers={"crit": ["exp2"], "exp2": 1}),
        bearer(permissions="all"),
        bearer(iat=int(NOON.timestamp()) + 600),
        bearer(nbf=int(NOON.timestamp()) + 600),
        bearer(key="another secret, but also long enough for it"),
        "Bearer " + jwt.encode(claims(), "", algorithm="none"),
    ],
)
def test_what_does_not_hold_is_unauthenticated(verifier: TokenVerifier, header: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(header)


def test_super_is_only_a_real_true(verifier: TokenVerifier) -> None:
    assert not verifier.verify(bearer(is_super="false")).is_super


def test_a_remembered_token_expires_all_the_same(
    verifier: TokenVerifier, clock: TurnedClock
) -> None:
    header = bearer()
    verifier.verify(header)
    clock.now = NOON + timedelta(seconds=3599)
    verifier.verify(header)
    clock.now = NOON + timedelta(seconds=3600)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            verifier.verify(header)


def test_memory_of_tokens_is_bounded(clock: TurnedClock) -> None:
    verifier = TokenVerifier(SETTINGS.model_copy(update={"cache_size": 3}), clock)
    for n in range(10):
        verifier.verify(bearer(jti=str(n)))
    assert len(verifier._cache) == 3


@pytest.mark.parametrize("wrong", [{}, {"secret": "short"}, {"algorithm": "RS256"}])
def test_settings_without_usable_keys_stop_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs"):
        TokenVerifier(TokenSettings(**wrong), TurnedClock())


KeyMaker = Callable[[], Any]


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_set(algorithm: str, **keys: Any) -> bytes:
    implementation: Any = jwt.get_algorithm_by_name(algorithm)
    entries = [
        implementation.to_jwk(key.public_key(), as_dict=True) | {"kid": kid}
        for kid, key in keys.items()
    ]
    return json.dumps({"keys": entries, "more": 1}).encode()


@pytest.mark.parametrize(("algorithm", "make"), [("RS256", rsa_key), ("ES256", ec_key)])
async def test_a_new_key_is_fetched_and_a_withdrawn_one_ends(
    clock: TurnedClock, algorithm: Any, make: KeyMaker
) -> None:
    old, new = make(), make()
    published = [key_set(algorithm, old=old)]

    async def fetch() -> bytes:
        return published[-1]

    settings = TokenSettings(algorithm=algorithm)
    verifier = TokenVerifier(settings, clock, fetch)

    def signed(key: Any, kid: str) -> str:
        return "Bearer " + issue_token(ANNA, key=key, now=NOON, algorithm=algorithm, kid=kid)

    assert (await verifier.authenticate(signed(old, "old"))).person_id == ANNA
    published.append(key_set(algorithm, new=new))
    with pytest.raises(UnknownKey):  # Asked for too recently.
        await verifier.authenticate(signed(new, "new"))
    clock.now += timedelta(minutes=1)
    assert (await verifier.authenticate(signed(new, "new"))).person_id == ANNA
    with pytest.raises(Unauthenticated):
        await verifier.authenticate(signed(old, "old"))


def test_a_public_key_is_never_taken_for_a_shared_secret(clock: TurnedClock, tmp_path: Any) -> None:
    key = rsa_key()
    file = tmp_path / "jwks.json"
    file.write_bytes(key_set("RS256", one=key))
    verifier = TokenVerifier(TokenSettings(algorithm="RS256", jwks_file=file), clock)
    signing_input = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "HS256", "kid": "one"}, claims())
    )
    with pytest.raises(Unauthenticated):
        verifier.verify(f"Bearer {signing_input}.{'A' * 43}")
