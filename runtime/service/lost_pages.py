"""Shows a browser a page for an address that leads nowhere; programs are answered a problem."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import NotFound
from contracts.values.languages import Language
from runtime.http.negotiation import accepts_html
from runtime.http.problems import problem_of_error


class LostTexts(NamedTuple):
    title: str
    why: str
    front: str
    """The text of the link to the front page."""


LOST: Final[Mapping[Language, LostTexts]] = {
    "en": LostTexts(
        "There is no such page",
        "The address may be wrong, or the link may have expired.",
        "To the front page",
    ),
    "ru": LostTexts(
        "Такой страницы нет",
        "Возможно, в адресе ошибка или срок действия ссылки истёк.",
        "На главную",
    ),
}


def show_lost_pages(
    app: FastAPI, is_for_people: Callable[[str], bool], render: Callable[[Request], Response]
) -> None:
    """Have `app` answer a browser with what `render` returns if nothing is found. Call it before
    the app has its first request.

    `is_for_people` is asked about the first part of the path, as `a` of `/a/x`. At an address
    that only programs ask for, nobody gets a page.
    """

    async def answer(request: Request, error: Exception) -> Response:
        is_absent = isinstance(error, NotFound) or getattr(error, "status_code", 0) == 404
        first_part = request.scope["path"].lstrip("/").partition("/")[0]
        if (
            is_absent
            and request.method == "GET"
            and is_for_people(first_part)
            and accepts_html(request)
        ):
            return render(request)
        return problem_of_error(request, error)

    for kind in (NotFound, HTTPException):
        app.add_exception_handler(kind, answer)
