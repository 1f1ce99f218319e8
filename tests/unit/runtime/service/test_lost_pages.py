"""An address that leads nowhere: a page for a person, a problem for a program."""

import json
from itertools import product

import pytest

from launcher.openapi import start_apps
from query_api.sharing.plain_page import NO_SITE, SiteLinks
from tests.servers.asgi import call

BROWSER = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
PROGRAM = ("Accept", "application/json")


@pytest.mark.parametrize(
    ("language", "title"), [("en", "There is no such page"), ("ru", "Такой страницы нет")]
)
async def test_a_person_gets_a_page_at_every_address_of_public_pages(
    language: str, title: str
) -> None:
    async with start_apps() as apps:
        for path in ("/a", "/a/", "/a/x/y"):
            page = await call(
                apps["query_api"], "GET", path, [BROWSER, ("Accept-Language", language)]
            )
            assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
            assert f'<html lang="{language}">' in page.body.decode()
            assert f"<h1>{title}</h1>" in page.body.decode()
            assert 'href="/' not in page.body.decode(), "there is no site"


async def test_a_program_gets_a_problem_and_so_does_who_asks_for_a_programs_address() -> None:
    asked = [*product(["/a/x/y"], [PROGRAM]), *product(["/x", "/api/x", "/ab/c"], [BROWSER])]
    async with start_apps() as apps:
        for path, accept in asked:
            answer = await call(apps["query_api"], "GET", path, [accept])
            assert (answer.status, json.loads(answer.body)["code"]) == (404, "not_found")
        wrong = await call(apps["query_api"], "POST", "/a/x/y", [BROWSER])
        assert wrong.headers["content-type"] == "application/problem+json"


def test_a_link_to_the_site_is_where_the_site_is() -> None:
    assert NO_SITE.front("Front") == ""
    assert SiteLinks("/").front("Front") == '<p><a href="/">Front</a></p>'
    assert 'href="https://kino.test/b/"' in SiteLinks("https://kino.test/b").front("Front")
    assert 'href="https://kino.test/evening/1"' in SiteLinks("https://kino.test").evening("1", "en")
