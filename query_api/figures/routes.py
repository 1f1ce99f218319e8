"""Serves a host's figures: what became of the own evenings, in numbers."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.values.languages import Language, Text
from query_api.analysts.questions import ReadyQuestion
from query_api.edge.history_reads import HistoryReads
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, document, new_router
from query_api.figures.questions import list_questions
from query_api.figures.wording import WORDINGS
from runtime.http.negotiation import language_of
from runtime.http.parameters import min_position_of


class FigurePlot(Struct, frozen=True):
    """How to draw a figure: the columns of both axes."""

    kind: str
    """`line` or `bars`."""
    x: str
    ys: tuple[str, ...]


class HostFigure(Struct, frozen=True, kw_only=True):
    """The answer to one question about the caller's evenings."""

    name: str
    title: str
    description: str
    columns: dict[str, str]
    """Titles of the columns `plot.ys`, in the caller's language."""
    labels: dict[str, str]
    """Names of values of `plot.x`, in the caller's language. Others are times or numbers."""
    plot: FigurePlot
    rows: list[dict[str, Any]]
    """Values by column name. Empty as long as there is nothing to count."""


class FiguresResponse(Struct, frozen=True):
    """What became of the evenings that the caller announced."""

    figures: list[HostFigure]


def build_router(reads: Reads) -> APIRouter:
    router = new_router()
    questions = list_questions()

    @router.get("/my/figures", **document(FiguresResponse))
    async def get_my_figures(request: Request) -> Response:
        """The caller's figures as a host: from request to seat, time to answer, cancellations,
        guests who come again, how evenings fill, and guests who did not come. They are of the own
        evenings only, whoever asks."""
        caller = await reads.authenticate(request)
        position = await reads.history.reach(min_position_of(request.query_params))
        language = language_of(request)
        figures = await fetch_figures(reads.history, questions, caller.person_id, language)
        return answer(request, FiguresResponse(figures), position)

    return router


async def fetch_figures(
    history: HistoryReads, questions: Iterable[ReadyQuestion], host_id: str, language: Language
) -> list[HostFigure]:
    """Return the answers about the host's evenings, with words in this language. Raises
    Unavailable."""
    return [
        _make_figure(
            asked,
            await history.fetch_rows(asked.sql, {**asked.bind({}), "host_id": host_id}),
            language,
        )
        for asked in questions
    ]


def _make_figure(
    asked: ReadyQuestion, rows: list[dict[str, Any]], language: Language
) -> HostFigure:
    title, description, columns, labels = WORDINGS[asked.name]
    return HostFigure(
        name=asked.name,
        title=title.in_language(language),
        description=description.in_language(language),
        columns=_choose(columns, language),
        labels=_choose(labels, language),
        plot=FigurePlot(asked.plot.kind, asked.plot.x, tuple(columns)),
        rows=rows,
    )


def _choose(texts: Mapping[str, Text], language: Language) -> dict[str, str]:
    return {name: text.in_language(language) for name, text in texts.items()}
