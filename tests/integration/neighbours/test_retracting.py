"""What the stand-in was told to forget is neither shown, nor handed on, nor left on the disk."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

import pytest

from neighbours.app import StandInState
from neighbours.services.notification import Replacement, RetractBody, SendBody
from neighbours.store import FILE_NAME
from tests.cells.stand_in import stand_in_settings

CANARY: Final = "Kanarienvogel"
NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
ANNA: Final = uuid4()


def notice(key: str) -> SendBody:
    return SendBody(
        key=key,
        user_id=ANNA,
        notification_id=uuid4(),
        source_name="practix",
        event_type="announce_new",
        title=f"{CANARY} {key}",
        text=CANARY * 500,
        context={"title": CANARY},
        created_at=NOON,
    )


def retraction(*keys: str) -> RetractBody:
    return RetractBody(notices=tuple(Replacement(key=key, title="-", text="") for key in keys))


def find_files(directory: Path) -> list[str]:
    return [one.name for one in directory.iterdir() if CANARY.encode() in one.read_bytes()]


def test_nothing_that_was_retracted_is_left_on_the_disk(tmp_path: Path) -> None:
    state = StandInState(stand_in_settings(tmp_path))
    for number in range(20):
        state.deliver(notice(str(number)))
    assert find_files(tmp_path) != []
    state.retract(retraction(*map(str, range(10))))
    state.empty_inbox(str(ANNA), NOON)
    assert find_files(tmp_path) == [], "while it runs"
    assert state.inboxes.inbox(str(ANNA), 100) == []
    state.close()
    assert find_files(tmp_path) == []


def test_a_file_of_an_earlier_version_keeps_nothing_that_was_deleted(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as earlier:
        earlier.executescript(
            """
            PRAGMA journal_mode=WAL; PRAGMA secure_delete=OFF;
            CREATE TABLE person (user_id TEXT PRIMARY KEY, name TEXT NOT NULL,
                                 language TEXT NOT NULL, tz TEXT NOT NULL) STRICT, WITHOUT ROWID;
            """
        )
        earlier.execute("INSERT INTO person VALUES ('1', ?, 'en', 'UTC')", [CANARY * 1_000])
        earlier.execute("INSERT INTO person VALUES ('2', 'Anna', 'en', 'UTC')")
        earlier.execute("DELETE FROM person WHERE user_id = '1'")
    earlier.close()
    assert find_files(tmp_path) != []
    state = StandInState(stand_in_settings(tmp_path))
    assert find_files(tmp_path) == []
    assert state.people.person("2")["name"] == "Anna"
    state.close()


def test_a_retraction_is_whole_or_not_at_all(tmp_path: Path) -> None:
    state = StandInState(stand_in_settings(tmp_path))
    state.deliver(notice("1"))
    broken = RetractBody.model_construct(
        notices=(
            Replacement(key="1", title="-", text=""),
            Replacement.model_construct(key="2", title=cast(Any, None), text=""),
        )
    )
    with pytest.raises(sqlite3.IntegrityError):
        state.retract(broken)
    (shown,) = state.inboxes.inbox(str(ANNA), 100)
    assert shown["title"] == f"{CANARY} 1"
    state.close()
