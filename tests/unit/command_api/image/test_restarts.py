"""An image that begins at a checkpoint answers exactly as one that never stopped (property)."""

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.values.ids import PersonId
from tests.histories.decided import DecidedHistory
from tests.simulation.disks.restarts import KEY_LIMITS, WISHES, RestlessImage, run_restarts
from tests.simulation.invariants import check_same_image, fold


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_a_restarted_image_answers_as_one_that_never_stopped(seed: int) -> None:
    run_restarts(seed)


def test_it_answers_as_one_folded_from_the_first_record() -> None:
    history = run_restarts(5, 4 * WISHES)
    commits = history.chain.commits
    assert history.restless.restarts > WISHES / 4
    folded = fold(commits, KEY_LIMITS)
    check_same_image("the restless image", history.restless.image, folded, commits)
    assert 0 < len(folded.keys) < len(commits)


def test_a_suspension_is_known_after_a_restart() -> None:
    image = RestlessImage(Random(0))
    history = DecidedHistory()
    person = PersonId("anna")
    event = {"type": "person.suspended.v1", "person_id": person, "reason": "spam", "by": "op"}
    image.image.fold(history.chain.commit(event))
    for step in (image.freeze, image.write, image.restart):
        step()
    assert image.image.suspended[person].reason == "spam"
    image.image.fold(history.chain.commit({"type": "person.reinstated.v1", "person_id": person}))
    assert image.image.suspended == {}
    for step in (image.freeze, image.write, image.restart):
        step()
    assert image.image.suspended == {}
