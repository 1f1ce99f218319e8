"""18: tokens that break their reader, or were made for something else."""

import base64
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import pytest

from launcher.data_directory import DataDirectory
from tests.attack.target import Target

PATH = "/api/v1/bookings"


def encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def forged(header: dict[str, Any], claims: dict[str, Any], secret: str) -> str:
    signed = b".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return (signed + b"." + encoded(hmac.digest(secret.encode(), signed, "sha256"))).decode()


def secret_of(target: Target) -> str:
    """The system's own, or one that is only good for a wrong signature."""
    return "x" * 32 if target.site.data is None else DataDirectory(target.site.data).token_secret


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    full = {"sub": str(uuid4()), "iat": now, "exp": now + 600}
    return full | {"iss": "practix-auth", "aud": "practix"} | changed


async def test_a_right_token_holds(target: Target) -> None:
    if target.site.data is not None:
        token = forged({"alg": "HS256", "typ": "JWT"}, claims(), secret_of(target))
        assert (await target.send("GET", PATH, token)).status == 200


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("moment", [10**17, -(10**17), 10**400, float("nan"), float("inf")])
async def test_a_time_out_of_range_is_no_time(target: Target, name: str, moment: float) -> None:
    token = forged({"alg": "HS256"}, claims(**{name: moment}), secret_of(target))
    assert (await target.send("GET", PATH, token)).status == 401


@pytest.mark.parametrize("kind", ["logout+jwt", "id_token+jwt", "dpop+jwt", "", 7])
async def test_a_token_for_something_else_opens_nothing(target: Target, kind: Any) -> None:
    token = forged({"alg": "HS256", "typ": kind}, claims(), secret_of(target))
    assert (await target.send("GET", PATH, token)).status == 401


@pytest.mark.parametrize("header", [b"[" * 5_000, b'{"a":' * 900, b"\xff", b"null", b'"x"'])
async def test_a_header_that_is_none_is_unauthenticated(target: Target, header: bytes) -> None:
    token = (encoded(header) + b".e30.e30").decode()
    assert (await target.send("GET", PATH, token)).status == 401
