"""Makes the HTTP calls of the analysts' verbs: questions, exports, trials of a formula.

`query_api.analysts` and `projector.http` document the answers. Every method raises
NotRunning and RequestRefused.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import aiohttp
import msgspec

from launcher.client import Path, RequestRefused, open_answer, operator_headers, operator_url

SILENCE_S_MAX: Final = 300.0


class AnswerTable(msgspec.Struct):
    """The answer to a question."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    position: int
    """Position in the journal up to which the answer is true."""
    version: str | None = None
    """Version of the question's text. None if an older system answered."""
    question: dict[str, Any] | None = None


class AnalystClient:
    """Speaks to the system at `base_url` as the holder of the token."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url
        self._headers = operator_headers(token)

    async def list_questions(self) -> list[dict[str, Any]]:
        """Return the ready and saved questions, each as `Question.summary` describes it."""
        answer = msgspec.json.decode(await self._get(("ask",), {}))
        questions: list[dict[str, Any]] = answer["questions"]
        return questions

    async def find_question(self, name: str) -> dict[str, Any]:
        """Return the ready or saved question with its SQL."""
        question: dict[str, Any] = msgspec.json.decode(await self._get(_path_of(name), {}))
        return question

    async def save_question(self, name: str, body: Mapping[str, Any]) -> bool:
        """Save a question, in the place of an earlier one with its name. Returns whether it is
        new."""
        async with self._request("PUT", _path_of(name), json=dict(body)) as response:
            return response.status == 201

    async def delete_question(self, name: str) -> None:
        """Delete a saved question."""
        async with self._request("DELETE", _path_of(name)):
            pass

    async def ask(self, name: str, parameters: Mapping[str, str]) -> AnswerTable:
        """Return the answer to a ready or saved question."""
        asked = {"name": name, "parameters": dict(parameters)}
        async with self._request("POST", ("ask",), json=asked) as response:
            return msgspec.json.decode(await response.read(), type=AnswerTable)

    async def ask_sql(self, sql: str) -> AnswerTable:
        """Return the answer to read-only SQL."""
        async with self._request("POST", ("ask",), json={"sql": sql}) as response:
            return msgspec.json.decode(await response.read(), type=AnswerTable)

    async def ask_history(self, sql: str, *, by: str, why: str) -> AnswerTable:
        """Return the answer of the history itself. Takes the investigators' token."""
        asked = {"sql": sql, "by": by, "why": why}
        async with self._request("POST", ("ask", "history"), json=asked) as response:
            return msgspec.json.decode(await response.read(), type=AnswerTable)

    async def try_formula(self, changes: Mapping[str, float]) -> dict[str, Any]:
        """Return a `FormulaTrial` (`projector.read_models.postgres.recompute`).

        `changes` are the constants that differ from the published ones.
        """
        async with self._request("POST", ("ratings", "trial"), json=dict(changes)) as response:
            trial: dict[str, Any] = msgspec.json.decode(await response.read())
            return trial

    async def export(self, request: Mapping[str, str]) -> AsyncIterator[dict[str, Any]]:
        """Yield the lines of an export: framed data, then the result."""
        query = {**request, "progress": "true"}
        async with self._request("GET", ("export",), params=query) as response:
            async for line in response.content:
                yield msgspec.json.decode(line)

    async def _get(self, path: Path, query: Mapping[str, str]) -> bytes:
        async with self._request("GET", path, params=query) as response:
            return await response.read()

    def _request(
        self, method: str, path: Path, **more: Any
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return open_answer(
            method,
            operator_url(self._base_url, *path),
            self._headers,
            silence_s_max=SILENCE_S_MAX,
            **more,
        )


def _path_of(question: str) -> Path:
    if not question.isidentifier():
        raise RequestRefused(f"no question can be called {question!r}")
    return "ask", "questions", question
