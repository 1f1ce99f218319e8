"""Plans of films and free times, and announcing a plan in one step."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from command_api.domain.announcement.commands import FilmFacts
from command_api.domain.announcement.terms import ChangedTerms
from command_api.domain.person.commands import ErasureDue, OrderErasure
from command_api.domain.plan.commands import AnnouncePlan, PlanFilm, StateFreeTimes, UnplanFilm
from command_api.domain.plan.state import FreeTimes
from command_api.domain.rules import Rules
from contracts.errors import Malformed, NotFound
from contracts.events.announcement import AnnouncementCreated, AnnouncementPublished
from contracts.events.person import PersonErased
from contracts.events.plan import FilmPlanned, FilmUnplanned, FreeTimesStated
from contracts.plans.intervals import Interval, WrittenTime
from contracts.plans.wished_times import write_wished_time
from contracts.values.ids import OPERATOR, AnnouncementId, MovieId
from tests.unit.command_api.domain.spec import ANN, BEN, NOON, Spec, announce, due, hours

SOLARIS = FilmFacts(MovieId("solaris"), "Solaris", "Солярис", 120)
STALKER = FilmFacts(MovieId("stalker"), "Stalker", "Сталкер", 160)


def wish(begins: float, ends: float) -> WrittenTime:
    return write_wished_time(Interval(NOON + hours(begins), NOON + hours(ends)))


def plan(*times: WrittenTime, film: FilmFacts = SOLARIS, places: tuple[str, ...] = ()) -> PlanFilm:
    return PlanFilm(film=film, times=times, places=places)


def free(*times: str, tz: str = "UTC") -> StateFreeTimes:
    return StateFreeTimes(tz=tz, times=tuple(map(WrittenTime, times)))


def announce_plan(film: FilmFacts = SOLARIS, *, publish: bool = True, **terms: Any) -> AnnouncePlan:
    return AnnouncePlan(
        announcement_id=AnnouncementId("planned"),
        film=film,
        title=film.title,
        terms=ChangedTerms(**terms),
        publish=publish,
    )


def test_a_plan_is_recorded_once_and_given_up_once() -> None:
    spec = Spec()
    wished = plan(wish(24, 28), places=("Here",))
    spec.when(ANN, wished).then(
        (FilmPlanned, {"person_id": ANN, "movie_id": "solaris", "places": ("Here",)})
    )
    spec.when(ANN, wished).then_nothing()
    spec.when(ANN, plan(places=("There",))).then((FilmPlanned, {"times": (), "places": ("There",)}))
    assert spec.layer.person(ANN).plans == ("solaris",)
    give_up = UnplanFilm(movie_id=SOLARIS.movie_id)
    spec.when(BEN, give_up).then_nothing()
    spec.when(ANN, give_up).then((FilmUnplanned, {"person_id": ANN}))
    spec.when(ANN, give_up).then_nothing()
    assert spec.layer.plan_of(ANN, SOLARIS.movie_id) is None
    spec.when(ANN, plan(places=("There",))).then((FilmPlanned, {"places": ("There",)}))


def test_a_film_has_to_fit_into_each_wished_time() -> None:
    spec = Spec().when(ANN, plan(wish(72, 76), wish(48, 49.9), wish(24, 28)))
    spec.then_fails(Malformed, "wished_time_too_short", "times.1.to")


def test_wished_times_are_recorded_once_and_in_their_order() -> None:
    early, late = wish(24, 28), wish(48, 52)
    spec = Spec().when(ANN, plan(late, early, late))
    spec.then((FilmPlanned, {"times": (early, late)}))
    spec.when(ANN, plan(early, late)).then_nothing()


def test_plans_are_bounded() -> None:
    spec = Spec(Rules(plans_max=1)).given(ANN, plan())
    spec.when(ANN, plan(film=STALKER)).then_refused("plans_full", limit=1)
    spec.when(ANN, plan(wish(24, 28))).then((FilmPlanned, {"movie_id": "solaris"}))


def test_free_times_replace_the_former_ones() -> None:
    spec = Spec()
    spec.when(ANN, free("fri 18:00-23:00")).then((FreeTimesStated, {"tz": "UTC"}))
    spec.when(ANN, free("fri 18:00-23:00")).then_nothing()
    spec.when(ANN, free("fri 18:00-23:00", tz="Asia/Omsk")).then((FreeTimesStated, {}))
    spec.when(ANN, free()).then((FreeTimesStated, {"times": ()}))
    assert spec.layer.free_times_of(ANN).modified_at == NOON
    assert spec.layer.free_times_of(BEN) == FreeTimes()


def test_a_plan_is_announced_at_its_first_wished_time_and_place() -> None:
    spec = Spec().given(
        ANN, plan(wish(-2, 1), wish(30, 34), wish(24, 28), places=("Here", "There"))
    )
    spec.when(ANN, announce_plan()).then(
        (
            AnnouncementCreated,
            {
                "author_id": ANN,
                "movie_id": "solaris",
                "event_time": NOON + hours(24),
                "event_location": "Here",
                "ticket_count": 1,
                "title": "Solaris",
                "visibility": "public",
            },
        ),
        (AnnouncementPublished, {}),
    )


def test_without_wished_times_a_plan_is_announced_in_the_first_free_time_that_is_long_enough() -> (
    None
):
    # NOON is a Monday.
    spec = Spec().given(ANN, plan(places=("Here",)), free("mon 10:00-20:00", "tue 18:00-19:00"))
    spec.when(ANN, announce_plan()).then(
        (AnnouncementCreated, {"event_time": NOON + timedelta(days=7, hours=-2)}),
        (AnnouncementPublished, {}),
    )


def test_what_the_command_states_goes_before_the_plan() -> None:
    spec = Spec().given(ANN, plan(wish(24, 28), places=("Here",)))
    stated: dict[str, Any] = {"event_time": NOON + hours(48), "event_location": "Elsewhere"}
    spec.when(ANN, announce_plan(publish=False, **stated)).then(
        (AnnouncementCreated, {"event_time": NOON + hours(48), "event_location": "Elsewhere"})
    )


@pytest.mark.parametrize(
    ("planned", "code"),
    [
        (plan(places=("Here",)), "plan_has_no_time"),
        (plan(wish(-3, -1), places=("Here",)), "plan_has_no_time"),
        (plan(wish(24, 28)), "plan_has_no_place"),
    ],
)
def test_what_neither_states_is_asked_for(planned: PlanFilm, code: str) -> None:
    Spec().given(ANN, planned).when(ANN, announce_plan()).then_refused(code)


def test_a_plan_keeps_the_rules_of_any_announcement() -> None:
    spec = Spec().given(ANN, announce(hours=25), plan(wish(24, 28), places=("Here",)))
    spec.when(ANN, announce_plan()).then_refused("overlap")


def test_nobody_announces_the_plan_of_another() -> None:
    spec = Spec().given(ANN, plan(wish(24, 28), places=("Here",)))
    spec.when(BEN, announce_plan()).then_fails(NotFound)
    spec.when(ANN, announce_plan(STALKER)).then_fails(NotFound)


def test_an_erasure_leaves_nothing_of_plans_and_free_times() -> None:
    spec = Spec().given(ANN, plan(wish(24, 28), places=("Kotelniki",)), free("tue 18:00-19:00"))
    spec.given(OPERATOR, OrderErasure(person_id=ANN, at_once=True))
    due(spec, ErasureDue(person_id=ANN)).then((PersonErased, {}))
    assert spec.layer.plan_of(ANN, SOLARIS.movie_id) is None
    assert spec.layer.free_times_of(ANN) == FreeTimes()
    left = msgspec.json.encode([shelf.own for shelf in (spec.layer.people, spec.layer.free_times)])
    left += repr(spec.layer.plans.own).encode()
    for wished in (b"Kotelniki", b"tue 18:00", b"T16:00"):
        assert wished not in left
