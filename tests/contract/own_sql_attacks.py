"""SQL that reaches for what it must not have: files, addresses, programs, other rights.

`{secret}` is a file outside the database, `{folder}` the folder around it, `{written}` a file that
does not exist, `{port}` a port on loopback at which somebody listens.
"""

from typing import Final

FILES: Final = (
    "SELECT file('{secret}')",
    "SELECT * APPLY(file) FROM (SELECT '{secret}' AS x)",
    "SELECT arrayMap(file, ['{secret}'])",
    "SELECT arrayMap(x -> file(x), ['{secret}'])",
    "SELECT `fi\\x6ce`('{secret}')",
    "SELECT \"fi\\x6ce\"('{secret}')",
    "WITH file('{secret}') AS x SELECT x",
    "SELECT file(concat('{secret}', ''))",
    "SELECT * FROM file('{secret}', 'TSV', 'line String')",
    "SELECT * FROM `fi\\x6ce`('{secret}', 'TSV', 'line String')",
    "SELECT * FROM FILE /* really */ ('{secret}', LineAsString)",
    "SELECT * FROM '{secret}'",
    "DESCRIBE file('{secret}')",
    "DESCRIBE `fi\\x6ce`('{secret}')",
    "SELECT * FROM filesystem('{folder}')",
    "SELECT * FROM sqlite('{secret}', 't')",
    "SELECT * FROM icebergLocal('{folder}')",
    "SELECT * FROM deltaLakeLocal('{folder}')",
    "SELECT catboostEvaluate('{secret}', 1)",
    "SELECT * FROM merge('system', '.*') WHERE file('{secret}') != ''",
)
ADDRESSES: Final = (
    "SELECT * FROM url('http://127.0.0.1:{port}/', 'TSV', 'line String')",
    "DESCRIBE url('http://127.0.0.1:{port}/x.csv')",
    "DESCRIBE `u\\x72l`('http://127.0.0.1:{port}/x.csv')",
    "SELECT * FROM `u\\x72l`('http://127.0.0.1:{port}/x.csv')",
    "SELECT * FROM remote('127.0.0.1:{port}', 'system', 'one')",
    "SELECT * FROM `r\\x65mote`('127.0.0.1:{port}', 'system', 'one')",
    "DESCRIBE remote('127.0.0.1:{port}', 'system', 'one')",
    "DESCRIBE remoteSecure('127.0.0.1:{port}', 'system', 'one')",
    "SELECT * FROM postgresql('127.0.0.1:{port}', 'd', 't', 'u', 'p')",
    "DESCRIBE postgresql('127.0.0.1:{port}', 'd', 't', 'u', 'p')",
    "SELECT * FROM mysql('127.0.0.1:{port}', 'd', 't', 'u', 'p')",
    "DESCRIBE mysql('127.0.0.1:{port}', 'd', 't', 'u', 'p')",
    "DESCRIBE s3('http://127.0.0.1:{port}/b/k.csv')",
    "SELECT * FROM s3('http://127.0.0.1:{port}/b/k', NOSIGN, 'TSV', 'line String')",
    "SELECT * FROM mongodb('127.0.0.1:{port}', 'd', 'c', 'u', 'p', 'x String')",
    "SELECT * FROM redis('127.0.0.1:{port}', 'k', 'k String')",
    "SELECT * FROM cluster('default', system.one, '127.0.0.1:{port}')",
)
PROGRAMS: Final = (
    "SELECT * FROM executable('/bin/cat {secret}', 'TSV', 'line String')",
    "SELECT * FROM executable('../../../../bin/cat', 'TSV', 'line String')",
    "SELECT * FROM python('os')",
)
DICTIONARIES: Final = (
    "SELECT dictGet('secrets', 'value', 1)",
    "CREATE DICTIONARY d (k UInt64, v String) PRIMARY KEY k"
    " SOURCE(FILE(path '{secret}' format 'TSV')) LAYOUT(FLAT()) LIFETIME(1)",
    "SELECT * FROM dictionary('secrets')",
)
RIGHTS: Final = (
    "SET readonly = 0",
    "SET max_result_rows = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "DROP TABLE notes",
    "INSERT INTO notes (id) VALUES (9)",
    "INSERT INTO FUNCTION file('{written}', 'TSV', 'x UInt8') SELECT 1",
    "INSERT INTO TABLE FUNCTION url('http://127.0.0.1:{port}/', 'TSV', 'x UInt8') SELECT 1",
    "CREATE TABLE t (x UInt8) ENGINE = File(TSV)",
    "CREATE TABLE t (x String) ENGINE = URL('http://127.0.0.1:{port}/', TSV)",
    "CREATE TEMPORARY TABLE t (x UInt8)",
    "CREATE FUNCTION f AS (x) -> file(x)",
    "CREATE USER somebody",
    "GRANT ALL ON *.* TO analyst",
    "ATTACH TABLE t FROM '{folder}' (x UInt8) ENGINE = MergeTree ORDER BY x",
    "BACKUP TABLE notes TO File('{written}')",
    "SYSTEM SHUTDOWN",
    "SELECT * FROM elsewhere.secrets",
)
DIRECTED: Final = (
    "SELECT 1 INTO OUTFILE '{written}'",
    "SELECT 1 INTO/**/OUTFILE '{written}' TRUNCATE FORMAT TSV",
    "SELECT 1 -- '\nINTO OUTFILE '{written}' -- '",
    "EXPLAIN SELECT 1 INTO OUTFILE '{written}'",
    "SELECT 1 FORMAT Native",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE notes",
    "KILL QUERY WHERE 1",
)
"""What only the check of the statement refuses. The embedded engine would write such a file
itself, among its own; a server leaves that to its client, and kills nobody else's query."""

SYSTEM: Final = (
    "SELECT query, elapsed FROM merge('sys'||'tem', '^processes$')",
    "SELECT * FROM merge('sys'||'tem', '^disks$')",
    "SELECT * FROM merge(REGEXP('sys.*'), '^settings$')",
    "SELECT * FROM `mer\\x67e`('sys'||'tem', '^one$')",
    "SELECT * FROM MERGE /* really */ ('sys'||'tem', '^one$')",
    "SELECT * FROM (SELECT 1 AS a) AS x, merge('sys'||'tem', '^one$') AS y",
    "SELECT * FROM (SELECT 1 AS a) AS x CROSS JOIN merge('sys'||'tem', '^one$') AS y",
    "SELECT 0 IN merge('sys'||'tem', '^one$')",
    "SELECT 0 IN (SELECT dummy FROM merge('sys'||'tem', '^one$'))",
    "WITH x AS (SELECT * FROM merge('sys'||'tem', '^one$')) SELECT * FROM x",
    "WITH array AS (SELECT 1) SELECT * FROM array JOIN merge('sys'||'tem', '^one$') AS y ON 1",
    "SELECT * FROM view(SELECT * FROM merge('sys'||'tem', '^one$'))",
    "SELECT * FROM loop(merge('sys'||'tem', '^one$')) LIMIT 1",
    "SELECT * FROM loop('system', 'one') LIMIT 1",
    "SELECT * FROM eval('SELECT * FROM sys'||'tem.one')",
    "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT * FROM system.one))",
    "SELECT * FROM mergeTreeIndex('system', 'query_log')",
    "DESCRIBE merge('sys'||'tem', '^one$')",
    "DESCRIBE TABLE merge('sys'||'tem', '^one$')",
    "EXPLAIN SELECT * FROM merge('sys'||'tem', '^one$')",
    "SELECT hasColumnInTable('sys'||'tem', 'processes', 'query')",
    "SELECT joinGet('sys'||'tem.x', 'y', 1)",
    "SELECT getServerSetting('max_connections')",
    "SHOW TABLES FROM system",
    "SHOW TABLES IN `system`",
    "SHOW COLUMNS FROM one FROM system",
    "SHOW CREATE DATABASE system",
    "SHOW SETTINGS LIKE 'max%'",
    "SHOW FULL PROCESSLIST",
    "SHOW USERS",
)
"""What says how the engine is set up and what others ask. Rights close it on newer servers; in the
embedded engine the check of the statement does."""

HEAVY: Final = (
    "SELECT repeat('x', 1000000) FROM numbers(150)",
    "SELECT repeat(toString(number), 1000000) FROM numbers(150)",
    "SELECT toLowCardinality(repeat('x', 1000000)) FROM numbers(150)",
    "SELECT range(100000) FROM numbers(10000)",
    "SELECT number FROM system.numbers LIMIT 100001",
    "SELECT groupArray(number) FROM system.numbers",
    "SELECT * FROM (SELECT groupArray(number) FROM system.numbers SETTINGS max_memory_usage = 0)",
)
"""More than may be answered, or held."""
