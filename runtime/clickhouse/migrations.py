"""Brings the tables of ClickHouse to the shape of this version.

Files are applied once, in the order of their names. A file that begins with
`-- requires: 23.3` waits until the server is that new. ClickHouse has no transactions, so
each statement must be safe to repeat (`IF NOT EXISTS`).
"""

import logging
import re
from pathlib import Path
from typing import Final

from runtime.clickhouse.port import Analytics
from runtime.migration_files import ROOT, digest, find_missing, read_migrations

log = logging.getLogger(__name__)

MIGRATIONS: Final = ROOT / "clickhouse"
ANALYSTS_MIGRATIONS: Final = ROOT / "analysts"
"""Files of the analysts' database."""

READER: Final = "history.3"
"""The name under which the tables store their position. If a new version has to fill its tables
anew, it takes another name. So it ignores what a writer of the old version stores."""

ANALYSTS_READER: Final = "analysts.1."
"""Beginning of the name under which the analysts' tables store their position. The key of the
pseudonyms follows."""

_CREATE_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS schema_migrations (name String, sha256 String)
    ENGINE = ReplacingMergeTree ORDER BY name
"""
_REQUIRES: Final = re.compile(r"\A-- requires: (\d+)\.(\d+)$", re.MULTILINE)
_END: Final = re.compile(r";\s*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^\s*--.*$", re.MULTILINE)


async def migrate(analytics: Analytics, directory: Path = MIGRATIONS) -> list[str]:
    """Apply the missing files for which the server is new enough. Returns their names.

    Makes the database if it is missing. Raises MigrationEdited before anything is applied, and
    AnalyticsError.
    """
    await analytics.create_database()
    await analytics.execute(_CREATE_TABLE)
    found = await analytics.query("SELECT DISTINCT name, sha256 FROM schema_migrations")
    version = await server_version(analytics)
    files = read_migrations(directory)
    missing = find_missing(files, dict(found.rows))
    suitable = [name for name in missing if required_version(files[name].decode()) <= version]
    for name in suitable:
        await _apply(analytics, name, files[name])
    return suitable


async def server_version(analytics: Analytics) -> tuple[int, int]:
    """Return the first two numbers of the server's version."""
    answer = await analytics.query("SELECT version()")
    major, minor = answer.rows[0][0].split(".")[:2]
    return int(major), int(minor)


def required_version(script: str) -> tuple[int, int]:
    """Return the version that a script requires; (0, 0) if it says nothing."""
    found = _REQUIRES.search(script)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def split_statements(script: str) -> list[str]:
    """Return the statements of a script. Each ends with a semicolon at the end of a line."""
    return [one for part in _END.split(_COMMENT.sub("", script)) if (one := part.strip())]


async def _apply(analytics: Analytics, name: str, content: bytes) -> None:
    for statement in split_statements(content.decode()):
        await analytics.execute(statement)
    await analytics.insert("schema_migrations", {"name": [name], "sha256": [digest(content)]})
    log.info("migration applied", extra={"migration": name})
