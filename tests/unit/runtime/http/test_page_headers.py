"""What keeps a browser in bounds: on every page, and on every other answer."""

import re
from base64 import b64encode
from hashlib import sha256
from uuid import uuid4

from launcher.openapi import SECRET, start_apps
from runtime.http.page_headers import PAGE_POLICY
from tests.servers.asgi import call

INBOX = f"/neighbours/notification/inbox/{uuid4()}"
BROWSER = [("Accept", "text/html"), ("Authorization", f"Bearer {SECRET}")]
"""With the operator's token, which opens everybody's inbox."""


async def test_every_page_runs_nothing_and_is_shown_in_no_frame() -> None:
    async with start_apps() as apps:
        pages = [(app, "/api/openapi") for app in apps.values()]
        pages.append((apps["neighbours"], INBOX))
        for app, path in pages:
            page = await call(app, "GET", path, BROWSER)
            assert page.status == 200
            assert page.headers["content-type"].startswith("text/html")
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "base-uri 'none'" in policy
            assert not re.search(r"script-src[^;]*'unsafe", policy)
            assert page.headers["x-content-type-options"] == "nosniff"
            assert page.headers["referrer-policy"] == "no-referrer"


async def test_the_api_page_may_run_its_own_inline_script_and_no_other() -> None:
    async with start_apps() as apps:
        page = await call(apps["query_api"], "GET", "/api/openapi", BROWSER)
    (script,) = re.findall(r"<script>(.*?)</script>", page.body.decode(), re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["content-security-policy"]


async def test_a_page_without_scripts_has_the_strict_policy() -> None:
    async with start_apps() as apps:
        page = await call(apps["neighbours"], "GET", INBOX, BROWSER)
    assert page.headers["content-security-policy"] == PAGE_POLICY
    assert "<script" not in page.body.decode()


async def test_an_answer_is_never_taken_for_something_else() -> None:
    async with start_apps() as apps:
        for app in apps.values():
            for path in ("/healthz", "/api/openapi.json", "/nowhere"):
                answer = await call(app, "GET", path)
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert "content-security-policy" not in answer.headers
