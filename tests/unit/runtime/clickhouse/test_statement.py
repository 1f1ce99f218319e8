"""Which kinds of statements questions may be. The engine bars what they may not reach."""

import pytest

from query_api.analysts.questions import ready_questions
from runtime.clickhouse.port import QueryRefused
from runtime.clickhouse.statement import demand_question


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
    demand_question(sql)


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
        "SELECT * FROM system.processes",
        'SELECT * FROM "s\\x79stem".processes',
        "SELECT * FROM `s\\x79stem` /* */ . processes",
        "SHOW PROCESSLIST",
        "SELECT $x$a$x$",
        "SELECT ‘a’",
        "SELECT 'never ends",
        "SELECT 1 /* never ends",
    ],
)
def test_everything_else_is_refused(sql: str) -> None:
    with pytest.raises(QueryRefused):
        demand_question(sql)


def test_the_ready_questions_pass_themselves() -> None:
    for question in ready_questions().values():
        demand_question(question.sql)
