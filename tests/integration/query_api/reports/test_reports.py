"""Reports and hidden texts in the tables: who reads what, and that a hidden text is nowhere."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from contracts.events.person import PersonErased
from contracts.events.post import PostWritten
from contracts.events.rating import RatingGiven, RatingRevealed
from contracts.events.report import (
    EveningHidden,
    PostHidden,
    ReportAnswered,
    ReportMade,
    ReviewHidden,
)
from contracts.values.ids import (
    SYSTEM,
    AnnouncementId,
    PersonId,
    PostId,
    ReportId,
    ReviewId,
    SubjectId,
)
from contracts.values.personal import HIDDEN_TEXT
from projector.proof.verify import verify
from projector.read_models.postgres.sink import PostgresSink
from runtime.auth.operators import OperatorGuard
from runtime.journal.sqlite import SqliteJournal
from tests.cells.projector_cell import follow
from tests.cells.read_side import ReadSide, read_side
from tests.histories.notifier_events import (
    BEGIN,
    NotifierHistory,
    announcement,
    created,
    person,
    published,
    seen,
)

CANARY = "blockhead"
OPERATOR_TOKEN = "the operator of these tests"
POST, REVIEW = (str(person(name)) for name in ("a post", "a review"))
REPORTS = {kind: str(person(f"report {kind}")) for kind in ("evening", "review", "post")}


def live_until_reported() -> NotifierHistory:
    """The host writes a rude evening, Anna a rude post and a rude review; Boris reports all."""
    history = NotifierHistory()
    history.tell(seen("host"), seen("anna"), seen("boris"))
    history.tell(created(title=CANARY, description=CANARY, location_hint=CANARY), published())
    host, anna, evening = person("host"), person("anna"), announcement()
    history.tell(
        PostWritten(
            announcement_id=evening,
            post_id=PostId(POST),
            writer_id=anna,
            position=history.seq + 1,
            text=CANARY,
        ),
        by="anna",
    )
    rating = {
        "review_id": ReviewId(REVIEW),
        "announcement_id": evening,
        "rater_id": anna,
        "ratee_id": host,
        "role": "host",
    }
    history.tell(
        RatingGiven(**rating, score=2, text=CANARY, tags=(CANARY,), sealed_until=BEGIN),  # type: ignore[arg-type]
        RatingRevealed(**rating, reason="window_over"),  # type: ignore[arg-type]
        by="anna",
    )
    for kind, subject, writer in (
        ("evening", str(evening), host),
        ("review", REVIEW, anna),
        ("post", POST, anna),
    ):
        history.wait(minutes=1)
        history.tell(
            ReportMade(
                report_id=ReportId(REPORTS[kind]),
                reporter_id=person("boris"),
                kind=kind,  # type: ignore[arg-type]
                subject_id=SubjectId(subject),
                writer_id=writer,
                announcement_id=evening,
                reason="Insults me",
            ),
            by="boris",
        )
    return history


def hide_all(history: NotifierHistory) -> None:
    host, anna, evening = person("host"), person("anna"), announcement()

    def common(kind: str, writer: PersonId) -> dict[str, str]:
        return {
            "report_id": ReportId(REPORTS[kind]),
            "person_id": writer,
            "announcement_id": AnnouncementId(evening),
            "reason": "Insults",
        }

    history.tell(
        EveningHidden(**common("evening", host)),  # type: ignore[arg-type]
        ReviewHidden(**common("review", anna), review_id=ReviewId(REVIEW)),  # type: ignore[arg-type]
        PostHidden(**common("post", anna), post_id=PostId(POST)),  # type: ignore[arg-type]
        ReportAnswered(
            report_id=ReportId(REPORTS["post"]),
            person_id=person("boris"),
            kind="post",
            text="It is gone.",
        ),
        by="operator",
    )


@pytest.fixture
async def side(postgres_dsn: str) -> AsyncIterator[ReadSide]:
    async with read_side(postgres_dsn, guard=OperatorGuard(OPERATOR_TOKEN)) as found:
        yield found


async def test_a_hidden_text_is_in_no_table_and_verify_finds_no_difference(
    side: ReadSide, tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    history = live_until_reported()
    await history.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), history.seq)
    operator = f"Bearer {OPERATOR_TOKEN}"
    listed = (await side.get("/api/v1/operator/reports", Authorization=operator)).body
    assert [one["kind"] for one in listed] == ["post", "review", "evening"]
    assert all(CANARY in one["text"] for one in listed)
    assert {one["reporter_name"] for one in listed} == {"Boris"}
    assert (await side.get("/api/v1/operator/reports", person("boris"))).status == 401
    first = await side.get("/api/v1/operator/reports?limit=1&state=open", Authorization=operator)
    assert len(first.body) == 1
    assert 'rel="next"' in first.headers["Link"]

    hide_all(history)
    await history.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), history.seq)
    for table in ("announcements", "ratings", "posts", "reports", "hidden_texts"):
        rows = await tables.fetch(f"SELECT t::text AS row FROM read_model.{table} t")
        assert rows
        assert not [row for row in rows if CANARY in row["row"]], table
    detail = await side.get(f"/api/v1/announcement/{announcement()}", person("anna"))
    assert (detail.body["title"], detail.body["location_hint"]) == (HIDDEN_TEXT, None)
    found = await side.get(f"/api/v1/announcements?q={CANARY}", person("anna"))
    assert found.body == []
    assert (
        await side.get("/api/v1/operator/reports?state=open", Authorization=operator)
    ).body == []
    own = (await side.get("/api/v1/reports", person("boris"))).body
    assert [one["answer"] for one in own] == ["It is gone.", None, None]
    assert all(one["hidden_at"] for one in own)
    for reported in ("host", "anna"):
        assert (await side.get("/api/v1/reports", person(reported))).body == []
    verified = [line async for line in verify(sqlite_journal, PostgresSink(tables))]
    assert verified[-1]["differences"] == []


async def test_an_answer_after_the_erasure_of_its_reporter_is_no_difference_to_verify(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    history = live_until_reported()
    boris = person("boris")
    history.tell(PersonErased(person_id=boris), by=SYSTEM)
    await history.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), history.seq)
    answered = ReportAnswered(
        report_id=ReportId(REPORTS["post"]), person_id=boris, kind="post", text="Gone."
    )
    history.tell(answered, by="operator")
    await history.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), history.seq)
    verified = [line async for line in verify(sqlite_journal, PostgresSink(tables))]
    assert verified[-1]["differences"] == []
