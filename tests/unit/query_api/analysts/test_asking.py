"""How many questions are asked at once, and what an engine's errors become."""

from collections.abc import Awaitable
from contextlib import ExitStack

import pytest

from contracts.errors import Busy, Forbidden, Malformed, Unavailable
from query_api.analysts.asking import RETRY_AFTER_S, QuestionLimit, answer_or_refuse
from runtime.clickhouse.port import AnalyticsUnavailable, OwnSqlBarred, QueryRefused, ResultSet

ANSWER = ResultSet(("n",), ("UInt64",), [(1,)])


def test_one_question_too_many_is_told_to_come_back() -> None:
    limit = QuestionLimit(2)
    with ExitStack() as asked:
        asked.enter_context(limit.admit())
        asked.enter_context(limit.admit())
        with pytest.raises(Busy) as caught, limit.admit():
            pass
    assert caught.value.facts == {"retry_after_s": RETRY_AFTER_S}


def test_a_question_that_failed_no_longer_counts() -> None:
    limit = QuestionLimit(1)
    with pytest.raises(ZeroDivisionError), limit.admit():
        raise ZeroDivisionError
    with limit.admit():
        pass


def test_a_question_that_was_not_admitted_never_counts() -> None:
    limit = QuestionLimit(1)
    with limit.admit():
        for _ in range(3):
            with pytest.raises(Busy), limit.admit():
                pass
    with limit.admit():
        pass


async def asking(error: Exception | None) -> ResultSet:
    if error is not None:
        raise error
    return ANSWER


async def test_an_answer_passes() -> None:
    question: Awaitable[ResultSet] = asking(None)
    assert await answer_or_refuse(question) == ANSWER


async def test_a_refused_statement_says_why() -> None:
    with pytest.raises(Malformed) as caught:
        await answer_or_refuse(asking(QueryRefused("Code: 62. DB::Exception: no such table")))
    assert (caught.value.code, caught.value.facts) == (
        "malformed_query",
        {"reason": "no such table"},
    )


async def test_barred_sql_says_what_keeps_it_out() -> None:
    with pytest.raises(Forbidden) as caught:
        await answer_or_refuse(asking(OwnSqlBarred("no_landlock")))
    assert (caught.value.code, caught.value.facts) == ("own_sql_barred", {"reason": "no_landlock"})


async def test_an_engine_that_is_away_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await answer_or_refuse(asking(AnalyticsUnavailable("away")))
