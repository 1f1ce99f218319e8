"""Asks questions: limits how many run at once, and turns errors of ClickHouse into ours."""

from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

from contracts.errors import Busy, Forbidden, Malformed, Unavailable
from contracts.values.languages import Language
from query_api.analysts.questions import (
    DAYS_OF_WEEK,
    WEEKDAY,
    BadParameter,
    ReadyQuestion,
    ready_questions,
)
from query_api.analysts.saved_questions import SavedQuestion, SavedQuestions
from runtime.clickhouse.port import (
    Analytics,
    AnalyticsUnavailable,
    OwnSqlBarred,
    QueryRefused,
    ResultSet,
    SqlParameter,
    bind,
)
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import malformed_parameter

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
        """Count one question for as long as the context lives. Raises Busy if there
        are too many already."""
        if self._asked >= self._questions_max:
            raise Busy(RETRY_AFTER_S)
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


class NamedQuestion(Protocol):
    """A ready or a saved question."""

    @property
    def name(self) -> str: ...

    @property
    def sql(self) -> str:
        """The SQL without the values of its parameters."""
        ...

    def bind(self, given: Mapping[str, str]) -> dict[str, SqlParameter]:
        """Return a value for every parameter. Raises BadParameter."""
        ...

    def summary(self, language: Language, /) -> dict[str, Any]:
        """Return what a client needs to list, ask and plot the question, with the title that a
        ready one has in this language."""
        ...


class Asker:
    """Answers analysts' questions. Methods raise as `answer_or_refuse` does, and Busy."""

    def __init__(self, analytics: Analytics, saved: SavedQuestions) -> None:
        self.saved = saved
        self._analytics = analytics
        self._limit = QuestionLimit()

    async def list_all(self) -> list[NamedQuestion]:
        """Return the ready questions, then the saved ones."""
        return [*ready_questions().values(), *await self.saved.list_all()]

    async def find(self, name: str) -> NamedQuestion:
        """Return the ready or saved question. Raises NotFound."""
        return ready_questions().get(name) or await self.saved.find(name)

    async def find_for(self, name: str, given: Mapping[str, str]) -> NamedQuestion:
        """Return the question that these values are for: with WEEKDAY, the ready one about
        evenings on that day. Raises NotFound, Malformed."""
        question = await self.find(name)
        if not isinstance(question, ReadyQuestion) or WEEKDAY not in given:
            return question
        if (parse_whole_number(given[WEEKDAY]) or 0) not in range(1, DAYS_OF_WEEK + 1):
            raise malformed_parameter(WEEKDAY, minimum=1, maximum=DAYS_OF_WEEK)
        try:
            return question.on_weekday()
        except BadParameter as error:
            raise Malformed("malformed_query", {"reason": str(error)}) from error

    async def ask(self, question: NamedQuestion, given: Mapping[str, str]) -> ResultSet:
        """Return the answer with these values of parameters, and defaults for others. A saved
        question is asked as anybody's own SQL is."""
        try:
            values = question.bind(given)
        except BadParameter as error:
            raise Malformed("malformed_query", {"reason": str(error)}) from error
        if isinstance(question, SavedQuestion):
            return await self.ask_own(_bind_own(question, values))
        with self._limit.admit():
            return await answer_or_refuse(self._analytics.ask(question.sql, values))

    async def ask_own(self, sql: str) -> ResultSet:
        """Return the answer to an analyst's own SQL."""
        with self._limit.admit():
            return await answer_or_refuse(self._analytics.ask_own(sql))

    async def try_out(self, question: SavedQuestion) -> None:
        """Ask the question with its defaults. Raises Malformed if it is not answered, or if its
        plot has columns that the answer has not."""
        answer = await self.ask(question, {})
        plot = question.text.plot
        wanted = () if plot is None else (plot.x, *plot.ys, plot.by or plot.x)
        if missing := [name for name in wanted if name not in answer.columns]:
            raise Malformed("malformed_body", {"reason": f"no column {missing[0]} for the plot"})


def _bind_own(question: SavedQuestion, values: Mapping[str, SqlParameter]) -> str:
    """Return the SQL with these values. Raises Malformed if it names another parameter."""
    try:
        return bind(question.sql, values)
    except KeyError as error:
        reason = f"the SQL names a parameter that is not declared: {error.args[0]}"
        raise Malformed("malformed_query", {"reason": reason}) from error
