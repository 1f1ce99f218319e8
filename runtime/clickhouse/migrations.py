"""The tables of ClickHouse, brought to this version's shape.

Files are applied once, in the order of their names. A file that begins with
`-- requires: 23.3` waits until the server is that new. Nothing in ClickHouse is
transactional: each statement must stand being repeated (`IF NOT EXISTS`).
"""

import logging
import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from runtime.clickhouse.port import Analytics

log = logging.getLogger(__name__)

MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations" / "clickhouse"

READER: Final = "history.2"
"""Under this name the position of the tables is stored. A version whose tables have to be
filled anew takes another name: what a writer of the old one still stores is not ours."""

_CREATE_RECORD: Final = """
    CREATE TABLE IF NOT EXISTS schema_migrations (name String, sha256 String)
    ENGINE = ReplacingMergeTree ORDER BY name
"""
_REQUIRES: Final = re.compile(r"\A-- requires: (\d+)\.(\d+)$", re.MULTILINE)
_END: Final = re.compile(r";\s*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^\s*--.*$", re.MULTILINE)


class MigrationEdited(Exception):
    """A file that was applied has another content now: write a new one instead."""


async def migrate(analytics: Analytics, directory: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing and what the server is new enough for; returns the names.

    Raises MigrationEdited before anything is applied, and AnalyticsError.
    """
    await analytics.execute(_CREATE_RECORD)
    found = await analytics.query("SELECT DISTINCT name, sha256 FROM schema_migrations")
    applied = dict(found.rows)
    version = await server_version(analytics)
    missing: dict[str, str] = {}
    for name, script in _scripts(directory).items():
        if name not in applied:
            missing[name] = script
        elif applied[name] != _digest(script):
            raise MigrationEdited(name)
    suitable = [name for name in missing if required_version(missing[name]) <= version]
    for name in suitable:
        await _apply(analytics, name, missing[name])
    return suitable


async def server_version(analytics: Analytics) -> tuple[int, int]:
    answer = await analytics.query("SELECT version()")
    major, minor = answer.rows[0][0].split(".")[:2]
    return int(major), int(minor)


def required_version(script: str) -> tuple[int, int]:
    found = _REQUIRES.search(script)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def statements(script: str) -> list[str]:
    """The statements of a script; each ends with a semicolon at the end of a line."""
    return [one for part in _END.split(_COMMENT.sub("", script)) if (one := part.strip())]


async def _apply(analytics: Analytics, name: str, script: str) -> None:
    for statement in statements(script):
        await analytics.execute(statement)
    await analytics.insert("schema_migrations", {"name": [name], "sha256": [_digest(script)]})
    log.info("migration applied", extra={"migration": name})


def _scripts(directory: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted(directory.glob("*.sql"))}


def _digest(script: str) -> str:
    return sha256(script.encode()).hexdigest()
