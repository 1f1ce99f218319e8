"""The facts of an outcome, or of an error, hold no text that somebody typed."""

from collections import Counter
from contextlib import suppress
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

from command_api.domain.announcement.commands import FilmFacts
from command_api.domain.announcement.terms import ChangedTerms
from command_api.domain.calendar import add_titles
from command_api.domain.feed.commands import MakeFeed, RevokeFeed
from command_api.domain.person.commands import (
    BlockPerson,
    MuteAuthor,
    PersonFacts,
    ReinstatePerson,
    SuspendPerson,
    UnblockPerson,
    UnmuteAuthor,
)
from command_api.domain.plan.commands import AnnouncePlan, PlanFilm, StateFreeTimes, UnplanFilm
from command_api.domain.rating.commands import RatingDue
from command_api.domain.report.commands import AnswerReport, HideReported, MakeReport
from command_api.domain.submission import AnyCommand
from contracts.errors import CommandError
from contracts.values.ids import (
    OPERATOR,
    SYSTEM,
    AnnouncementId,
    FeedId,
    MovieId,
    PersonId,
    ReportId,
    SubjectId,
)
from contracts.values.personal import list_text_marks
from tests.histories.decided import Decided, DecidedHistory
from tests.histories.random_people import RandomPeople
from tests.unit.command_api.domain.spec import (
    ANN,
    AUTHOR,
    RIVAL,
    Spec,
    announce,
    ask,
    change,
    say,
)

CANARY: Final = "canary"
FILM: Final = FilmFacts(MovieId("planned"), "Solaris", "Солярис", 120)


def announce_film(film: FilmFacts) -> AnnouncePlan:
    return AnnouncePlan(
        announcement_id=AnnouncementId("announced"),
        film=film,
        title="A film",
        terms=ChangedTerms(description="Tea"),
    )


def plant(value: Any, annotation: Any = None) -> Any:
    """Return a command, or a part of one, with a canary for every text in it."""
    if isinstance(value, Struct):
        fields = msgspec.structs.fields(type(value))
        planted = {one.name: plant(getattr(value, one.name), one.type) for one in fields}
        return msgspec.structs.replace(value, **planted)
    if isinstance(value, tuple):
        inner = next(iter(get_args(annotation)), None)
        return (CANARY,) if inner is str else tuple(plant(one, inner) for one in value)
    missing = value is None and str in get_args(annotation)
    if missing or (isinstance(value, str) and None in list_text_marks(annotation)):
        return CANARY
    return value


class CanaryHistory(DecidedHistory):
    """A history in which everybody types canaries."""

    def __init__(self) -> None:
        super().__init__()
        self.decided: Counter[type[Struct]] = Counter()
        self.codes: Counter[str] = Counter()
        self.typed = 0
        self.told: list[str] = []
        """Every command, as its person gave it before canaries were planted, with its answer."""

    def decide(
        self,
        actor: PersonId,
        command: AnyCommand,
        *,
        is_super: bool = False,
        actor_facts: PersonFacts | None = None,
    ) -> Decided:
        self.decided[type(command)] += 1
        try:
            decided = super().decide(
                actor, plant(command), is_super=is_super, actor_facts=plant(actor_facts)
            )
        except CommandError as error:
            self.told.append(repr((command, error.facts)))
            raise
        outcome = decided.decision.outcome
        self.told.append(repr((command, outcome)))
        self.codes[outcome.code] += 1
        self.typed += repr(decided.decision.events).count(CANARY)
        return decided


REPORT = ReportId("00000000-0000-4000-8000-000000000001")


def test_no_command_is_answered_with_a_typed_text() -> None:
    history = CanaryHistory()
    anna, boris, *_ = RandomPeople(seed=1, history=history, erasures=True).live(2000).person_ids
    for actor, command in (
        (SYSTEM, RatingDue(review_id=next(iter(history.layer.ratings.own)))),
        (anna, MuteAuthor(author_id=anna)),
        (anna, MuteAuthor(author_id=boris)),
        (anna, UnmuteAuthor(author_id=boris)),
        (anna, BlockPerson(person_id=boris)),
        (anna, UnblockPerson(person_id=boris)),
        (OPERATOR, SuspendPerson(person_id=boris, reason="spam", by="Olga")),
        (boris, MuteAuthor(author_id=anna)),
        (
            anna,
            MakeReport(report_id=REPORT, kind="person", subject_id=SubjectId(boris), reason="rude"),
        ),
        (OPERATOR, AnswerReport(report_id=REPORT, text="seen", by="Olga")),
        (OPERATOR, HideReported(report_id=REPORT, reason="rude", by="Olga")),
        (OPERATOR, ReinstatePerson(person_id=boris)),
        (anna, PlanFilm(film=FILM, times=(), places=("Here",))),
        (anna, StateFreeTimes(tz="UTC", times=())),
        (anna, announce_film(FILM)),
        (anna, UnplanFilm(movie_id=FILM.movie_id)),
        (anna, announce_film(FILM)),
        (anna, MakeFeed(feed_id=FeedId("feed"), name="phone")),
        (anna, RevokeFeed(feed_id=FeedId("feed"))),
    ):
        with suppress(CommandError):
            history.record(history.decide(actor, command))
    assert [answer for answer in history.told if CANARY in answer] == []
    assert history.typed > 1000
    assert set(history.decided) == set(get_args(AnyCommand))
    assert {"overlap", "no_seats", "guests_invited", "unchanged"} <= set(history.codes)


def test_who_is_refused_sees_the_present_titles_of_what_overlaps(spec: Spec) -> None:
    spec.given(AUTHOR, announce(title="Mine")).when(AUTHOR, announce(RIVAL)).then_refused("overlap")
    facts = spec.decision.outcome.facts
    spec.given(AUTHOR, change(title="Mine, renamed"))
    (shown,) = add_titles(spec.layer, facts)["conflicts"]
    assert shown == {**facts["conflicts"][0], "title": "Mine, renamed"}


def test_an_author_still_sees_only_the_times_of_a_busy_guest(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(ANN, ask(ANN)).given(ANN, announce(RIVAL, hours=25))
    spec.when(AUTHOR, say(True, ANN)).then_refused("overlap")
    facts = spec.decision.outcome.facts
    assert add_titles(spec.layer, facts) == facts
