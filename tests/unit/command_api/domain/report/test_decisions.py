"""Reports of evenings, reviews, posts and people, and the texts that are hidden after them."""

from typing import Any
from uuid import UUID

import pytest

from command_api.domain.person.commands import BlockPerson, ErasureDue, OrderErasure
from command_api.domain.post.commands import ChangePost, DeletePost, WritePost
from command_api.domain.rating.commands import GiveRating
from command_api.domain.report.commands import AnswerReport, HideReported, MakeReport
from command_api.domain.rules import Rules
from contracts.errors import NotFound
from contracts.events.post import PostChanged
from contracts.events.report import (
    EveningHidden,
    PostHidden,
    ReportAnswered,
    ReportMade,
    ReviewHidden,
    SubjectKind,
)
from contracts.values.ids import OPERATOR, SYSTEM, PersonId, PostId, ReportId, ReviewId, SubjectId
from contracts.values.personal import ERASED_TEXT, HIDDEN_TEXT
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    CAT,
    DUE,
    Spec,
    announce,
    ask,
    change,
    say,
)

POST, REVIEW = PostId("post"), ReviewId("review")


def report(
    kind: SubjectKind, subject: str, number: int = 1, follows: bool | None = False
) -> MakeReport:
    return MakeReport(
        report_id=ReportId(str(UUID(int=number))),
        kind=kind,
        subject_id=SubjectId(subject),
        reason="Rude.",
        follows_author=follows,
    )


def answer(number: int = 1) -> AnswerReport:
    return AnswerReport(report_id=ReportId(str(UUID(int=number))), text="Seen.", by="Olga")


def hide(number: int = 1) -> HideReported:
    return HideReported(report_id=ReportId(str(UUID(int=number))), reason="Insults.", by="Olga")


def evening(**terms: Any) -> Spec:
    """Ann and Ben are confirmed; Ann has written in the chat."""
    spec = Spec().given(AUTHOR, announce(title="Fools", description="Fools only", **terms))
    for guest in (ANN, BEN):
        spec.given(guest, ask(guest, follows_author=True)).given(AUTHOR, say(True, guest))
    return spec.given(ANN, WritePost(announcement_id=ANNOUNCEMENT, post_id=POST, text="Fool!"))


def rated() -> Spec:
    """Ann and the author have rated each other, so both ratings are revealed."""
    spec = evening()
    spec.at(27).given(SYSTEM, DUE)
    for rater, ratee, review in ((ANN, AUTHOR, REVIEW), (AUTHOR, ANN, ReviewId("other"))):
        rating = GiveRating(
            announcement_id=ANNOUNCEMENT,
            ratee_id=ratee,
            review_id=review,
            score=2,
            text="A fool",
            tags=("rude",),
        )
        spec.given(rater, rating)
    return spec


@pytest.mark.parametrize(
    ("kind", "subject", "writer"),
    [("evening", ANNOUNCEMENT, AUTHOR), ("post", POST, ANN), ("person", ANN, ANN)],
)
def test_a_report_names_who_wrote_it_and_is_made_once(
    kind: SubjectKind, subject: str, writer: PersonId
) -> None:
    spec = evening()
    spec.when(BEN, report(kind, subject)).then(
        (ReportMade, {"reporter_id": BEN, "writer_id": writer, "kind": kind, "reason": "Rude."})
    )
    spec.when(BEN, report(kind, subject, 2)).then_nothing()
    assert spec.decision.outcome.facts == {"report_id": str(UUID(int=1))}
    spec.when(writer, report(kind, subject, 3)).then_refused("report_of_oneself")


def test_only_who_can_read_it_reports_it() -> None:
    spec = evening(visibility="subscribers")
    for subject in (("evening", ANNOUNCEMENT), ("post", POST), ("review", REVIEW)):
        spec.when(CAT, report(*subject)).then_fails(NotFound)
    spec.when(CAT, report("evening", ANNOUNCEMENT, follows=True)).then((ReportMade, {}))


@pytest.mark.parametrize(("blocker", "blocked"), [(ANN, BEN), (BEN, ANN)])
def test_posts_across_a_block_are_found_by_the_host_only(
    blocker: PersonId, blocked: PersonId
) -> None:
    spec = evening().given(blocker, BlockPerson(person_id=blocked))
    for command in (
        report("post", POST),
        ChangePost(post_id=POST, text="Mine"),
        DeletePost(post_id=POST),
    ):
        spec.when(BEN, command).then_fails(NotFound)
    spec.when(AUTHOR, report("post", POST)).then((ReportMade, {}))


def test_a_sealed_review_is_reported_by_nobody() -> None:
    spec = evening()
    spec.at(27).given(SYSTEM, DUE)
    rating = GiveRating(
        announcement_id=ANNOUNCEMENT, ratee_id=AUTHOR, review_id=REVIEW, score=2, text="A fool"
    )
    spec.given(ANN, rating).when(AUTHOR, report("review", REVIEW)).then_fails(NotFound)


def test_reports_of_one_day_are_bounded() -> None:
    spec = Spec(Rules(reports_a_day_max=1)).given(ANN, report("person", BEN))
    spec.when(ANN, report("person", CAT, 2)).then_refused("too_many_reports", limit=1)
    spec.at(24).when(ANN, report("person", CAT, 2)).then((ReportMade, {}))


def test_a_report_is_answered_once_and_then_there_may_be_another() -> None:
    spec = evening().given(BEN, report("post", POST))
    spec.when(OPERATOR, answer()).then((ReportAnswered, {"person_id": BEN, "text": "Seen."}))
    spec.when(OPERATOR, answer()).then_refused("report_answered")
    spec.when(OPERATOR, answer(9)).then_fails(NotFound)
    spec.when(BEN, report("post", POST, 2)).then((ReportMade, {}))


def test_the_text_of_an_evening_is_hidden_and_may_be_written_anew() -> None:
    spec = evening().given(BEN, report("evening", ANNOUNCEMENT))
    spec.when(OPERATOR, hide()).then((EveningHidden, {"person_id": AUTHOR, "by": "Olga"}))
    spec.when(OPERATOR, hide()).then_nothing()
    hidden = spec.announcement()
    assert (hidden.title, hidden.description, hidden.event_location) == (HIDDEN_TEXT,) * 3
    spec.given(AUTHOR, change(title="A film"))
    assert spec.announcement().title == "A film"


def test_the_text_of_a_review_is_hidden_and_its_score_counts() -> None:
    spec = rated().given(AUTHOR, report("review", REVIEW))
    before = spec.layer.standing(AUTHOR, "host")
    spec.when(OPERATOR, hide()).then((ReviewHidden, {"review_id": REVIEW, "person_id": ANN}))
    rating = spec.layer.ratings.get(REVIEW)
    assert rating is not None
    assert (rating.text, rating.tags, rating.score) == (None, (), 2)
    assert spec.layer.standing(AUTHOR, "host") == before


def test_the_text_of_a_post_is_hidden_and_that_of_a_person_is_none() -> None:
    spec = evening().given(BEN, report("post", POST), report("person", ANN, 2))
    spec.when(OPERATOR, hide()).then((PostHidden, {"post_id": POST, "person_id": ANN}))
    spec.when(OPERATOR, hide(2)).then_refused("nothing_to_hide")
    same = ChangePost(post_id=POST, text="Fool!")
    spec.when(ANN, same).then((PostChanged, {"text": "Fool!"}))
    spec.when(ANN, same).then_nothing()


def test_a_hidden_post_that_was_deleted_stays_deleted() -> None:
    spec = evening().given(BEN, report("post", POST)).given(ANN, DeletePost(post_id=POST))
    spec.given(OPERATOR, hide())
    spec.when(ANN, ChangePost(post_id=POST, text="Fool!")).then_refused("post_deleted")


def test_reports_of_another_kind_are_others() -> None:
    spec = evening().given(BEN, report("person", POST))
    spec.when(BEN, report("post", POST, 2)).then((ReportMade, {"kind": "post"}))


def test_nothing_is_said_to_whoever_was_erased_meanwhile() -> None:
    spec = evening().given(CAT, report("evening", ANNOUNCEMENT)).given(BEN, report("post", POST, 2))
    for gone in (CAT, ANN):
        spec.given(OPERATOR, OrderErasure(person_id=gone, at_once=True))
        for _ in range(2):  # Ann gives her seat back first.
            spec.given(SYSTEM, ErasureDue(person_id=gone))
        assert spec.layer.person(gone).erased
    spec.when(OPERATOR, hide()).then((EveningHidden, {"reason": "Insults."}))
    spec.when(OPERATOR, answer()).then((ReportAnswered, {"text": ERASED_TEXT}))
    spec.when(OPERATOR, hide(2)).then((PostHidden, {"reason": ERASED_TEXT}))
    spec.when(OPERATOR, answer(2)).then((ReportAnswered, {"text": "Seen."}))
