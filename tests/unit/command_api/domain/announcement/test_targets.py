"""An author names targets that the operator configured."""

from command_api.domain.rules import Rules
from contracts.errors import Malformed
from contracts.events.announcement import AnnouncementChanged, AnnouncementCreated
from contracts.values.targets import TargetName
from tests.unit.command_api.domain.spec import AUTHOR, Spec, announce, change

CLUB, SITE = TargetName("club"), TargetName("site")
RULES = Rules(publish_targets=frozenset({CLUB, SITE}))


def test_targets_are_recorded_with_the_announcement_and_as_they_change() -> None:
    spec = Spec(RULES)
    spec.when(AUTHOR, announce(publish_to=(CLUB,)))
    created = next(one for one in spec.decision.events if isinstance(one, AnnouncementCreated))
    assert created.publish_to == (CLUB,)
    spec = Spec(RULES).given(AUTHOR, announce())
    spec.when(AUTHOR, change(publish_to=(CLUB, SITE)))
    spec.then((AnnouncementChanged, {"publish_to": (CLUB, SITE)}))
    spec.given(AUTHOR, change(publish_to=(CLUB,)))
    spec.when(AUTHOR, change(publish_to=(CLUB,))).then_nothing()


def test_a_target_that_nobody_configured_is_refused_with_the_known_ones() -> None:
    spec = Spec(RULES)
    spec.when(AUTHOR, announce(publish_to=(TargetName("elsewhere"),)))
    spec.then_fails(Malformed, "unknown_target", "publish_to")
    spec.given(AUTHOR, announce())
    spec.when(AUTHOR, change(publish_to=(CLUB, TargetName("elsewhere"))))
    spec.then_fails(Malformed, "unknown_target", "publish_to")


def test_without_targets_nothing_can_be_published() -> None:
    Spec().when(AUTHOR, announce(publish_to=(CLUB,))).then_fails(
        Malformed, "unknown_target", "publish_to"
    )
    Spec().given(AUTHOR, announce()).when(AUTHOR, change(publish_to=())).then_nothing()
