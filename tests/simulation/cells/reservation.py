"""A model of the way not taken: a person's home cell reserves time for bookings elsewhere.

One person has asked for two overlapping evenings, each in a cell of its own, and has a home in a
third one. Every state that can be reached is visited, in every order of what may happen: edges
submit as late and as often as they like, couriers are slow, journals advance at their own pace.
docs/scale.md has the rules.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T")

DEADLINES: Final = (1,)
DATE_MAX: Final = 2
RESERVATIONS_MAX: Final = 3
"""How often the home cell reserves in one run, for both bookings together."""


class CellOfEvening(NamedTuple):
    """The cell of one evening, as its journal tells of the one booking."""

    date: int = 0
    """The date of its last record. Dates never go back."""
    confirmed_by: int = 0
    """The reservation by which the guest was last confirmed; 0: never."""
    left: bool = False

    @property
    def guest_is_there(self) -> bool:
        return self.confirmed_by > 0 and not self.left


class ReservedTime(NamedTuple):
    """The time for one booking, as far as the home cell knows."""

    number: int
    until: int
    is_taken: bool = False


class Situation(NamedTuple):
    cells: tuple[CellOfEvening, CellOfEvening] = (CellOfEvening(), CellOfEvening())
    home: tuple[ReservedTime | None, ReservedTime | None] = (None, None)
    given: tuple[tuple[int, int, int], ...] = ()
    """Booking, number and deadline of all reservations: whoever has one may use it at any time."""
    carried: tuple[CellOfEvening | None, CellOfEvening | None] = (None, None)
    """The state that the courier of each cell has read and not yet told the home cell."""

    @property
    def is_at_both(self) -> bool:
        return all(cell.guest_is_there for cell in self.cells)


class ReservationRules(NamedTuple):
    """The rules that carry the guarantee. Without any one of them it breaks."""

    deadline_counts: bool = True
    """A cell confirms only with a record dated at the deadline at the latest."""
    counts_once: bool = True
    """A reservation confirms once: not again after the guest has left."""
    waits_for_journal: bool = True
    """The home cell gives time back by the dates of the other journal, not by its own clock."""
    knows_the_number: bool = True
    """What a courier tells of an earlier reservation says nothing about a later one."""


ReservationStep = Callable[[Situation, ReservationRules, int], Iterator[Situation]]


def _reserve(state: Situation, _rules: ReservationRules, booking: int) -> Iterator[Situation]:
    if state.home != (None, None) or len(state.given) == RESERVATIONS_MAX:
        return  # The two evenings overlap, so one time is reserved at most.
    number = len(state.given) + 1
    for until in DEADLINES:
        yield state._replace(
            home=_with(state.home, booking, ReservedTime(number, until)),
            given=(*state.given, (booking, number, until)),
        )


def _confirm(state: Situation, rules: ReservationRules, booking: int) -> Iterator[Situation]:
    cell = state.cells[booking]
    for of_booking, number, until in state.given:
        too_late = rules.deadline_counts and cell.date > until
        spent = rules.counts_once and cell.confirmed_by >= number
        if of_booking == booking and not (too_late or spent or cell.guest_is_there):
            confirmed = cell._replace(confirmed_by=number, left=False)
            yield state._replace(cells=_with(state.cells, booking, confirmed))


def _leave(state: Situation, _rules: ReservationRules, booking: int) -> Iterator[Situation]:
    cell = state.cells[booking]
    if cell.guest_is_there:
        yield state._replace(cells=_with(state.cells, booking, cell._replace(left=True)))


def _advance(state: Situation, _rules: ReservationRules, booking: int) -> Iterator[Situation]:
    cell = state.cells[booking]
    if cell.date < DATE_MAX:
        later = cell._replace(date=cell.date + 1)
        yield state._replace(cells=_with(state.cells, booking, later))


def _read(state: Situation, _rules: ReservationRules, booking: int) -> Iterator[Situation]:
    if state.carried[booking] is None:
        yield state._replace(carried=_with(state.carried, booking, state.cells[booking]))


def _tell(state: Situation, rules: ReservationRules, booking: int) -> Iterator[Situation]:
    told, reserved = state.carried[booking], state.home[booking]
    if told is None:
        return
    known = reserved and _follow(reserved, told, rules)
    yield state._replace(
        home=_with(state.home, booking, known), carried=_with(state.carried, booking, None)
    )


def _follow(
    reserved: ReservedTime, told: CellOfEvening, rules: ReservationRules
) -> ReservedTime | None:
    """Return what the home cell knows after it was told; None if the time is free again."""
    if told.confirmed_by == reserved.number or (told.confirmed_by and not rules.knows_the_number):
        return None if told.left else reserved._replace(is_taken=True)
    return None if told.date > reserved.until else reserved


def _lose_patience(state: Situation, rules: ReservationRules, booking: int) -> Iterator[Situation]:
    reserved = state.home[booking]
    if not rules.waits_for_journal and reserved is not None and not reserved.is_taken:
        yield state._replace(home=_with(state.home, booking, None))


STEPS: Final[tuple[ReservationStep, ...]] = (
    _reserve, _confirm, _leave, _advance, _read, _tell, _lose_patience,
)  # fmt: skip


def explore(rules: ReservationRules) -> dict[Situation, Situation | None]:
    """Return every state that can be reached, each with one before it. Stops at the first one in
    which the person is at both evenings; it is then the last."""
    before: dict[Situation, Situation | None] = {Situation(): None}
    waiting = deque([Situation()])
    while waiting:
        state = waiting.popleft()
        for following in successors(state, rules):
            if following not in before:
                before[following] = state
                if following.is_at_both:
                    return before
                waiting.append(following)
    return before


def successors(state: Situation, rules: ReservationRules) -> Iterator[Situation]:
    for step in STEPS:
        for booking in (0, 1):
            yield from step(state, rules, booking)


def _with(pair: tuple[T, T], index: int, value: T) -> tuple[T, T]:
    return (value, pair[1]) if index == 0 else (pair[0], value)
