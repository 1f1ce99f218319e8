"""Represents plans and free times to the person whose they are, as the query API does."""

from typing import Final

from msgspec import Struct

from command_api.domain.announcement.representation import answer_with_announcement
from command_api.domain.plan.commands import AnnouncePlan, PlanFilm, StateFreeTimes, UnplanFilm
from command_api.domain.representation import AnswerBasis, Answers
from contracts.plans.representations import (
    FreeTimesResponse,
    PlanResponse,
    represent_free_times,
    represent_wished_times,
)
from contracts.values.ids import MovieId
from contracts.values.languages import Text


class UnplannedResponse(Struct, frozen=True):
    """A film that the caller has not planned, or no longer."""

    movie_id: MovieId
    planned: bool


def _answer_with_plan(basis: AnswerBasis) -> PlanResponse | UnplannedResponse:
    """Return the plan as it is now: a repeated command may find it given up."""
    command = basis.submission.command
    assert isinstance(command, PlanFilm | UnplanFilm)
    movie_id = command.film.movie_id if isinstance(command, PlanFilm) else command.movie_id
    plan = basis.layer.plan_of(basis.submission.actor, movie_id)
    if plan is None:
        return UnplannedResponse(movie_id, planned=False)
    title = Text(en=plan.movie_title, ru=plan.movie_title_ru)
    return PlanResponse(
        movie_id=plan.movie_id,
        movie_title=title.in_language(basis.submission.language),
        duration_min=plan.duration_min,
        times=represent_wished_times(plan.times),
        places=plan.places,
        modified=plan.modified_at,
    )


def _answer_with_free_times(basis: AnswerBasis) -> FreeTimesResponse:
    free = basis.layer.free_times_of(basis.submission.actor)
    return represent_free_times(free.tz, free.times, free.modified_at)


PLAN_ANSWERS: Final[Answers] = {
    PlanFilm: _answer_with_plan,
    UnplanFilm: _answer_with_plan,
    StateFreeTimes: _answer_with_free_times,
    AnnouncePlan: answer_with_announcement,
}
