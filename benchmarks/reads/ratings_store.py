"""Ratings: compares the stores that could answer what the product asks of them.

Question: should PostgreSQL or ClickHouse hold the ratings that people read, and which of the two
answers which question better? Method: the same ratings (one of twenty per person, and one person
with 10,000) in both, each in the table that our migrations make. Single writes and reads are timed
one after another on one connection; the median counts. A rating in ClickHouse is never updated:
each change is a row of its own, as in our history. MongoDB is not measured: no package registry
that this project uses has its server.

    python -m benchmarks.reads.ratings_store [--ratings 1000000]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import asyncpg

from benchmarks.harness.report import Report
from launcher.servers.clickhouse import ClickHouseServer, install_clickhouse
from launcher.servers.postgres import PostgresServer
from runtime.clickhouse.migrations import migrate as migrate_clickhouse
from runtime.clickhouse.port import Analytics
from runtime.clickhouse.server import ServerAnalytics
from runtime.postgres.migrations import migrate as migrate_postgres
from runtime.postgres.pools import open_pool

RATINGS: Final = 1_000_000
RATINGS_EACH: Final = 20
BUSIEST: Final = 10_000
REPEATS: Final = 30
SLOW_REPEATS: Final = 3
BATCH: Final = 1_000
FILL_S_MAX: Final = 3600.0
PERSON: Final = 7

Ask = Callable[[str], Awaitable[Any]]

# The person with number 0 has the first BUSIEST ratings, any other one RATINGS_EACH.
_PG_ROWS: Final = f"""
    SELECT md5('review' || n)::uuid, md5('evening' || n / 4)::uuid, md5('rater' || n)::uuid,
        md5('person' || CASE WHEN n < {BUSIEST} THEN 0 ELSE n / {RATINGS_EACH} END)::uuid,
        CASE n % 2 WHEN 0 THEN 'host' ELSE 'guest' END, 1 + n % 10, NULL, '["kind"]',
        now(), now() - n * interval '1 second', false, now() - n * interval '1 second', now()
    FROM generate_series({{begin}}, {{end}} - 1) n
"""
_PG_PERSON: Final = f"md5('person{PERSON + BUSIEST}')::uuid"
POSTGRES: Final = {
    "one_rating_of_a_pair": f"""SELECT * FROM read_model.ratings
        WHERE announcement_id = md5('evening{BUSIEST}')::uuid
          AND rater_id = md5('rater{4 * BUSIEST}')::uuid""",
    "votes_of_a_person": f"""SELECT score, created FROM read_model.ratings
        WHERE ratee_id = {_PG_PERSON} AND revealed_at IS NOT NULL AND NOT retracted""",
    "votes_of_the_busiest": """SELECT score, created FROM read_model.ratings
        WHERE ratee_id = md5('person0')::uuid AND revealed_at IS NOT NULL AND NOT retracted""",
    "mean_of_everybody": """SELECT ratee_id, avg(score), count(*) FROM read_model.ratings
        WHERE revealed_at IS NOT NULL AND NOT retracted
        GROUP BY ratee_id ORDER BY 2 DESC, 1 LIMIT 20""",
    "scores_by_month": """SELECT date_trunc('month', created), role, score, count(*)
        FROM read_model.ratings WHERE NOT retracted GROUP BY 1, 2, 3""",
}
_CH_ROWS: Final = f"""
    SELECT lower(hex(MD5(concat('review', toString(number))))), number, 0,
        1700000000000 - number * 1000,
        toDate(intDiv(1700000000000 - number * 1000, 1000)), 'rating.revealed.v1',
        lower(hex(MD5(concat('evening', toString(intDiv(number, 4)))))),
        lower(hex(MD5(concat('rater', toString(number))))),
        lower(hex(MD5(concat('person',
            toString(if(number < {BUSIEST}, 0, intDiv(number, {RATINGS_EACH}))))))),
        if(number % 2 = 0, 'host', 'guest'), 1 + number % 10, 1, 0, '["kind"]'
    FROM (SELECT {{begin}} + number AS number FROM numbers({{count}}))
"""
_CH_PERSON: Final = f"lower(hex(MD5('person{PERSON + BUSIEST}')))"
_CH_NEWEST: Final = """SELECT review_id, max(ratee_id) AS ratee, max(role) AS as_role,
        argMax(score, version) AS last, min(at_ms) AS given
    FROM ratings {where} GROUP BY review_id HAVING max(revealed) = 1 AND max(retracted) = 0"""
CLICKHOUSE: Final = {
    "one_rating_of_a_pair": f"""SELECT argMax(score, version) FROM ratings
        WHERE announcement_id = lower(hex(MD5('evening{BUSIEST}')))
          AND rater_id = lower(hex(MD5('rater{4 * BUSIEST}')))""",
    "votes_of_a_person": _CH_NEWEST.format(
        where=f"WHERE ratee_id = lower(hex(MD5('person{PERSON + BUSIEST}')))"
    ),
    "votes_of_the_busiest": _CH_NEWEST.format(where="WHERE ratee_id = lower(hex(MD5('person0')))"),
    "mean_of_everybody": f"""SELECT ratee, avg(last) AS mean, count() FROM
        ({_CH_NEWEST.format(where="")}) GROUP BY ratee ORDER BY mean DESC, ratee LIMIT 20""",
    "scores_by_month": f"""SELECT toStartOfMonth(toDate(intDiv(given, 1000))) AS month, as_role,
        last, count() FROM ({_CH_NEWEST.format(where="")}) GROUP BY month, as_role, last""",
}
SLOW: Final = frozenset({"mean_of_everybody", "scores_by_month"})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ratings", type=int, default=RATINGS)
    ratings = parser.parse_args().ratings
    asyncio.run(
        _measure(ratings, Report(f"python -m benchmarks.reads.ratings_store --ratings {ratings}"))
    )


async def _measure(ratings: int, report: Report) -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with PostgresServer(Path(directory) / "postgres") as postgres:
            pool = await open_pool(postgres.dsn)
            await migrate_postgres(pool)
            await _measure_postgres(pool, ratings, report)
            await pool.close()
        await install_clickhouse()
        async with ClickHouseServer(Path(directory) / "clickhouse") as clickhouse:
            analytics = ServerAnalytics(clickhouse.dsn)
            await migrate_clickhouse(analytics)
            await _measure_clickhouse(analytics, ratings, report)
            await analytics.close()
    report.print()


async def _measure_postgres(pool: asyncpg.Pool, ratings: int, report: Report) -> None:
    def rows(begin: int, end: int) -> str:
        source = _PG_ROWS.format(begin=begin, end=end)
        return f"INSERT INTO read_model.ratings {source} ON CONFLICT DO NOTHING"

    async with pool.acquire() as connection:
        started = time.perf_counter()
        await connection.execute(rows(0, ratings), timeout=FILL_S_MAX)
        report.add("postgres/fill", ratings / (time.perf_counter() - started), "ratings/s", ratings)
        await connection.execute("VACUUM ANALYZE read_model.ratings", timeout=FILL_S_MAX)
        size = await connection.fetchval("SELECT pg_total_relation_size('read_model.ratings')")
        report.add("postgres/size", size / ratings, "bytes/rating", ratings)
        await _time_writes(
            "postgres",
            lambda number: connection.execute(rows(ratings + number, ratings + number + 1)),
            lambda number: connection.execute(
                rows(2 * ratings + number, 2 * ratings + number + BATCH)
            ),
            report,
        )
        await _time_each(
            "postgres/change_one",
            lambda number: connection.execute(
                "UPDATE read_model.ratings SET score = 5 WHERE review_id = md5($1)::uuid",
                f"review{number}",
            ),
            REPEATS,
            report,
        )
        for name, sql in POSTGRES.items():
            await _time_query("postgres", name, sql, connection.fetch, report)


async def _measure_clickhouse(analytics: Analytics, ratings: int, report: Report) -> None:
    def rows(begin: int, count: int) -> str:
        return f"INSERT INTO ratings {_CH_ROWS.format(begin=begin, count=count)}"

    started = time.perf_counter()
    await analytics.execute(rows(0, ratings))
    report.add("clickhouse/fill", ratings / (time.perf_counter() - started), "ratings/s", ratings)
    await analytics.execute("OPTIMIZE TABLE ratings FINAL")
    sizes = await analytics.query(
        "SELECT sum(bytes_on_disk) FROM system.parts WHERE table = 'ratings' AND active"
    )
    report.add("clickhouse/size", sizes.rows[0][0] / ratings, "bytes/rating", ratings)
    await _time_writes(
        "clickhouse",
        lambda number: analytics.execute(rows(ratings + number, 1)),
        lambda number: analytics.execute(rows(2 * ratings + number, BATCH)),
        report,
    )
    for name, sql in CLICKHOUSE.items():
        await _time_query("clickhouse", name, sql, analytics.query, report)


async def _time_writes(
    store: str,
    write_one: Callable[[int], Awaitable[Any]],
    write_batch: Callable[[int], Awaitable[Any]],
    report: Report,
) -> None:
    await _time_each(f"{store}/write_one", write_one, REPEATS, report)
    await _time_each(
        f"{store}/write_{BATCH}", lambda number: write_batch(number * BATCH), REPEATS, report
    )


async def _time_query(store: str, name: str, sql: str, ask: Ask, report: Report) -> None:
    repeats = SLOW_REPEATS if name in SLOW else REPEATS
    await _time_each(f"{store}/{name}", lambda _: ask(sql), repeats, report)


async def _time_each(
    name: str, act: Callable[[int], Awaitable[Any]], repeats: int, report: Report
) -> None:
    """Add the median time of an act, which gets the number of its repetition."""
    seconds = []
    for number in range(repeats):
        started = time.perf_counter()
        await act(number)
        seconds.append(time.perf_counter() - started)
    other = name.replace("clickhouse/", "postgres/")
    baseline = None if other == name else other
    report.add(name, 1000 * statistics.median(seconds), "ms", repeats, baseline)


if __name__ == "__main__":
    main()
