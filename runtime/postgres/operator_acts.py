"""Records what an operator does, in the transaction of the act."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from asyncpg.pool import PoolConnectionProxy

_INSERT: Final = """
    INSERT INTO access.operator_acts (at, signed_by, act, subject, before, after)
    VALUES ($1, $2, $3, $4, $5, $6)
"""


class SignedAct(NamedTuple):
    """Who acts, and when."""

    by: str | None
    """None if the token names nobody, and nobody has signed."""
    at: datetime


async def record_act(
    connection: PoolConnectionProxy,
    signed: SignedAct,
    act: str,
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Record the act. `before` and `after` have ids, counts and words of ours: no texts."""
    await connection.execute(_INSERT, signed.at, signed.by, act, subject, before, after)
