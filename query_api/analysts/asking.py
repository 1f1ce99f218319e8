"""Limits how many questions run at once, and turns errors of ClickHouse into ours."""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Final

from contracts.errors import Forbidden, Malformed, RateLimited, Unavailable
from runtime.clickhouse.port import AnalyticsUnavailable, OwnSqlBarred, QueryRefused, ResultSet

QUESTIONS_MAX: Final = 16
"""Questions that run or wait to run: ClickHouse answers a few at a time."""
RETRY_AFTER_S: Final = 10


class QuestionLimit:
    """Counts the questions of one process."""

    def __init__(self, questions_max: int = QUESTIONS_MAX) -> None:
        self._questions_max = questions_max
        self._asked = 0

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Count one question for as long as the context lives. Raises RateLimited if there
        are too many already."""
        if self._asked >= self._questions_max:
            raise RateLimited(RETRY_AFTER_S)
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1


async def answer_or_refuse(asking: Awaitable[ResultSet]) -> ResultSet:
    """Return ClickHouse's answer. Raises Malformed if it refused the statement, Forbidden if
    analysts' own SQL may not run here, and Unavailable if it is away."""
    try:
        return await asking
    except QueryRefused as error:
        raise Malformed("malformed_query", {"reason": str(error)}) from error
    except OwnSqlBarred as error:
        raise Forbidden("own_sql_barred", {"reason": error.reason}) from error
    except AnalyticsUnavailable as error:
        raise Unavailable from error
