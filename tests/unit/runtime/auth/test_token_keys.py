"""Published keys: new ones come, withdrawn ones go, and a bad key set locks nobody out."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contracts.errors import DependencyDown, Unauthenticated
from runtime.auth.token_keys import UnknownKey, parse_jwks
from runtime.auth.tokens import TokenSettings, TokenVerifier, issue_token

ANNA = "5b0cd8c5-42f1-5a9d-a5a7-dc7ccf3e5d0a"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SETTINGS = TokenSettings(algorithm="ES256")
OLD, NEW = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))


def entry(kid: str, key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    implementation: Any = jwt.get_algorithm_by_name("ES256")
    public: dict[str, Any] = implementation.to_jwk(key.public_key(), as_dict=True)
    return public | {"kid": kid}


def key_set(*entries: Any) -> bytes:
    return json.dumps({"keys": entries}).encode()


def signed(key: ec.EllipticCurvePrivateKey, kid: str) -> str:
    token = issue_token(
        ANNA, key=key, now=NOON, algorithm="ES256", kid=kid, lifetime=timedelta(days=9)
    )
    return f"Bearer {token}"


class Auth:
    """Publishes a key set, at a time that a test moves."""

    def __init__(self) -> None:
        self.now = NOON
        self.document: bytes | Exception = key_set(entry("old", OLD))
        self.asked = 0

    def clock(self) -> datetime:
        return self.now

    async def fetch(self) -> bytes:
        self.asked += 1
        if isinstance(self.document, Exception):
            raise self.document
        return self.document

    def later(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def auth() -> Auth:
    return Auth()


@pytest.fixture
def verifier(auth: Auth) -> TokenVerifier:
    return TokenVerifier(SETTINGS, auth.clock, auth.fetch)


async def test_a_withdrawn_key_ends_though_its_token_is_remembered(
    auth: Auth, verifier: TokenVerifier
) -> None:
    assert (await verifier.authenticate(signed(OLD, "old"))).person_id == ANNA
    auth.document = key_set(entry("new", NEW))
    auth.later(SETTINGS.jwks_refresh_s - 1)
    await verifier.authenticate(signed(OLD, "old"))
    auth.later(1)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await verifier.authenticate(signed(OLD, "old"))
    assert (await verifier.authenticate(signed(NEW, "new"))).person_id == ANNA


async def test_an_unchanged_key_set_is_read_now_and_then(
    auth: Auth, verifier: TokenVerifier
) -> None:
    for _ in range(100):
        await verifier.authenticate(signed(OLD, "old"))
        auth.later(30)
    assert auth.asked == 10


BAD = [
    OSError("down"),
    b"",
    b"[]",
    b"{}",
    b"\xff",
    b'{"keys": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    key_set(),
    key_set({"kty": "EC", "kid": "old"}),
    key_set("old", 7, None),
]


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_key_set_changes_nothing_for_a_while(
    auth: Auth, verifier: TokenVerifier, bad: bytes | Exception
) -> None:
    await verifier.authenticate(signed(OLD, "old"))
    auth.document = bad
    auth.later(SETTINGS.jwks_keep_s)
    assert (await verifier.authenticate(signed(OLD, "old"))).person_id == ANNA
    auth.later(1)
    with pytest.raises(DependencyDown):
        await verifier.authenticate(signed(OLD, "old"))
    auth.document = key_set(entry("old", OLD))
    auth.later(SETTINGS.jwks_refresh_s_min)
    assert (await verifier.authenticate(signed(OLD, "old"))).person_id == ANNA


async def test_without_any_key_set_nobody_can_be_known(auth: Auth, verifier: TokenVerifier) -> None:
    auth.document = OSError("down")
    with pytest.raises(DependencyDown):
        await verifier.authenticate(signed(OLD, "old"))
    auth.document = key_set(entry("old", OLD))
    auth.later(SETTINGS.jwks_refresh_s_min)
    assert (await verifier.authenticate(signed(OLD, "old"))).person_id == ANNA


async def test_unknown_keys_do_not_make_us_ask_all_the_time(
    auth: Auth, verifier: TokenVerifier
) -> None:
    for n in range(20):
        with pytest.raises(UnknownKey):
            await verifier.authenticate(signed(NEW, f"unknown-{n}"))
    assert auth.asked == 1


def test_broken_entries_and_keys_for_something_else_are_left_out() -> None:
    good = entry("good", OLD)
    others: list[Any] = [
        {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "AA", "y": "!"},
        {"kty": "EC", "kid": "empty"},
        {"kty": "EC", "crv": ["P-256"], "kid": ["odd"]},
        {"kty": "RSA", "kid": "another kind"},
        entry("encryption", NEW) | {"use": "enc"},
        entry("another algorithm", NEW) | {"alg": "ES512"},
        "text",
        None,
    ]
    assert list(parse_jwks(key_set(*others, good, *others), "ES256")) == ["good"]


@pytest.mark.parametrize("document", [one for one in BAD if isinstance(one, bytes)])
def test_what_is_no_key_set_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match="key set"):
        parse_jwks(document, "ES256")


async def test_a_file_is_read_again_as_well(auth: Auth, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_bytes(key_set(entry("old", OLD)))
    settings = TokenSettings(algorithm="ES256", jwks_file=file)
    verifier = TokenVerifier(settings, auth.clock, auth.fetch)
    assert (await verifier.authenticate(signed(OLD, "old"))).person_id == ANNA
    file.write_bytes(key_set(entry("new", NEW)))
    auth.later(SETTINGS.jwks_refresh_s)
    assert (await verifier.authenticate(signed(NEW, "new"))).person_id == ANNA
    with pytest.raises(Unauthenticated):
        await verifier.authenticate(signed(OLD, "old"))
    assert auth.asked == 0


def test_a_file_without_keys_stops_the_start(auth: Auth, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_bytes(key_set())
    with pytest.raises(ValueError, match="key set"):
        TokenVerifier(TokenSettings(algorithm="ES256", jwks_file=file), auth.clock)
