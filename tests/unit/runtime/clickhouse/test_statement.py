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
        "SHOW CREATE TABLE events",
        "SHOW FULL COLUMNS FROM events",
        "DESCRIBE (SELECT count() FROM events)",
        "DESCRIBE TABLE (SELECT count() FROM events)",
        "SELECT a.day, n FROM (SELECT day, count() AS n FROM events GROUP BY day) AS a, numbers(3)",
        "SELECT 1 FROM events WHERE day IN (toDate('2026-01-01'), today()) AND seq IN tuple(1, 2)",
        "SELECT x, lower(y) FROM events ARRAY JOIN range(3) AS x, splitByChar(',', type) AS y",
        "SELECT extract(YEAR FROM toDate(day)), trim(BOTH ' ' FROM lower(type)) FROM events",
        "SELECT e.seq FROM events AS e ANY LEFT JOIN (SELECT seq FROM refusals) USING (seq)",
        "SELECT seq FROM events AS a JOIN refusals AS b ON lower(a.type) = lower(b.type), ratings",
        "SELECT seq FROM events ORDER BY seq DESC, lower(type) LIMIT 1 BY lower(type), actor",
        "WITH t AS (SELECT 1), u AS (SELECT(2)) SELECT if(1 IN (SELECT * FROM t), f(1), 2) FROM u",
        "SELECT actor FROM events WHERE actor = 'system' AND EXISTS(SELECT count() FROM ratings)",
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
        "SELECT * FROM new_function('x')",
        "SELECT * FROM a, `new_function` ('x')",
        "SELECT * FROM a JOIN b ON lower(a.x) = lower(b.x), new_function('x')",
        "SELECT * FROM (new_function('x'))",
        "FROM new_function('x') SELECT *",
        "SELECT lower(SELECT x FROM new_function('x'))",
        "SELECT extract(SELECT x FROM new_function('x'))",
        "SELECT * FROM a WHERE x GLOBAL NOT IN new_function('x')",
        "TABLE merge('a', 'b')",
        "DESCRIBE TABLE new_function('x')",
        "EXPLAIN TABLE OVERRIDE new_function('x')",
        "SELECT * FROM a AS array JOIN merge('a', 'b')",
        "SELECT * FROM a AS where, new_function('x')",
        "SELECT arrayMap(file, ['x'])",
        "SELECT dictGetString('a', 'b', 1)",
        "SHOW CREATE USER analyst",
        "SHOW",
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
