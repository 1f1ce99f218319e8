"""Which SQL of somebody else's may run, and that nothing which reaches outside does."""

from typing import Any, Final

import chdb
import pytest

from projector.analytics.questions import ready_questions
from projector.analytics.read_only import NotReadOnly, demand_read_only

SAFE_TABLE_FUNCTIONS: Final = frozenset(
    {
        "generaterandom", "generate_series", "generateseries", "null", "numbers", "numbers_mt",
        "primes", "sqlstandardvalues", "values", "view", "zeros", "zeros_mt", "format",
    }
)  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "  -- why\n select count() from events final where type = 'booking.left';",
        "WITH 3 AS x SELECT x",
        "SELECT 'insert into t; drop table' AS text, `into` FROM t",
        "SELECT format('{} {}', type, URLHash(actor)) FROM events",
        "SELECT 'it''s', 'a\\'b' /* from file('x') */ FROM numbers(3)",
        "DESCRIBE TABLE events",
        "SHOW TABLES",
        "SELECT airport, merged FROM t WHERE aimed(x)",
    ],
)
def test_questions_pass(sql: str) -> None:
    demand_read_only(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";",
        "INSERT INTO t VALUES (1)",
        "DROP TABLE events",
        "KILL QUERY WHERE 1",
        "SYSTEM SHUTDOWN",
        "OPTIMIZE TABLE events FINAL",
        "SELECT 1; DROP TABLE events",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT 1 FORMAT Native",
        "SELECT 1 SETTINGS max_execution_time = 0",
        "SELECT file('/etc/passwd')",
        "SELECT * FROM FILE ('/etc/passwd', 'LineAsString')",
        "SELECT * FROM `file`('/etc/passwd')",
        "SELECT * FROM numbers(1), url('http://x', 'CSV', 'a String')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM file /* really */ ('/etc/passwd')",
        "SELECT aiGenerate('x')",
        "SELECT * FROM icebergS3('x')",
        "SELECT $x$a$x$",
        "SELECT ‘a’",
        "SELECT 'never ends",
        "SELECT 1 /* never ends",
        "SELECT sleep(3)",
    ],
)
def test_everything_else_is_refused(sql: str) -> None:
    with pytest.raises(NotReadOnly):
        demand_read_only(sql)


def test_every_table_function_of_the_engine_is_known_to_be_safe_or_refused() -> None:
    found: Any = chdb.query("SELECT name FROM system.table_functions", "TSVRaw")  # type: ignore[no-untyped-call]
    listed = found.data()
    for name in listed.split():
        if name.lower() in SAFE_TABLE_FUNCTIONS:
            demand_read_only(f"SELECT * FROM {name}(1)")
        else:
            with pytest.raises(NotReadOnly):
                demand_read_only(f"SELECT * FROM {name}(1)")


def test_the_ready_questions_pass_themselves() -> None:
    for question in ready_questions().values():
        demand_read_only(question.sql)
