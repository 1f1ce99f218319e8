"""The reservation by a home cell, in every order of what may happen (docs/scale.md)."""

import pytest

from tests.simulation.cells.reservation import ReservationRules, Situation, explore, successors


def test_nobody_is_ever_at_both_evenings() -> None:
    reached = explore(ReservationRules())
    assert not any(state.is_at_both for state in reached)
    for booking in (0, 1):  # And each of the two can be had.
        assert any(state.cells[booking].guest_is_there for state in reached)


@pytest.mark.parametrize("rule", ReservationRules._fields)
def test_without_any_one_rule_somebody_is(rule: str) -> None:
    reached = explore(ReservationRules(**{rule: False}))
    assert list(reached)[-1].is_at_both


def test_every_reservation_is_settled_in_the_end() -> None:
    """From every state there is a way to one in which the home cell waits for nobody, and what it
    knows to be taken is taken."""
    reached = explore(ReservationRules())
    settled = {state for state in reached if _is_settled(state)}
    leading = {state: set[Situation]() for state in reached}
    for state in reached:
        for following in successors(state, ReservationRules()):
            leading[following].add(state)
    waiting, ways = list(settled), set(settled)
    while waiting:
        found = leading[waiting.pop()] - ways
        ways |= found
        waiting += found
    assert ways == reached.keys()


def _is_settled(state: Situation) -> bool:
    return all(
        reserved is None or (reserved.is_taken and cell.guest_is_there)
        for reserved, cell in zip(state.home, state.cells, strict=True)
    )
