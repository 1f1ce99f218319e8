"""16: what people wrote became HTML in what others read; a wrong setting printed secrets."""

import subprocess
from pathlib import Path

from tests.attack.target import Target
from tests.cells.embedded import PRACTIX
from tests.paths import ROOT
from tests.waiting import WITHIN_S

HOSTILE = '<img src=x onerror=alert(1)><a href="http://evil.example">Tickets</a>'
SECRET = "hunter2-of-the-operator"


async def test_a_title_is_text_in_the_inbox_and_on_the_public_page(target: Target) -> None:
    host, _ = await target.person("host")
    guest, guest_id = await target.person("guest")
    announced = await target.evening(host, title=HOSTILE, event_location=HOSTILE)
    assert announced.status == 201
    evening_id = announced.json["id"]
    asked = await target.send("POST", f"/api/v1/booking/{evening_id}", guest)
    assert asked.status == 201
    path = f"/a/{evening_id}?min_position={asked.position}"
    public = await target.send("GET", path, Accept="text/html")
    assert public.status == 200
    page = await until_told(target, guest, guest_id)
    for shown in (public.body.decode(), page):
        assert "&lt;img" in shown
        assert "<img" not in shown
        assert 'href="http://evil' not in shown


async def until_told(target: Target, token: str, person_id: str) -> str:
    """The inbox page, once a message with the title is there."""
    import asyncio

    async with asyncio.timeout(WITHIN_S):
        while True:
            inbox = f"/neighbours/notification/inbox/{person_id}"
            page = (await target.send("GET", inbox, token, Accept="text/html")).body.decode()
            if "<article>" in page:
                return page
            await asyncio.sleep(0.1)


def test_a_wrong_setting_ends_practix_with_a_line_that_does_not_repeat_it(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "PRACTIX_DATA": str(tmp_path),
        "NEIGHBOURS_HAND_ON": '{"*": "mailto://anna:' + SECRET,
    }
    ended = subprocess.run(
        [*PRACTIX, "run"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 78
    assert SECRET not in ended.stdout + ended.stderr
    assert len(ended.stderr.splitlines()) == 1
