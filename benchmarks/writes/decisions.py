"""Measures what a decision costs without HTTP and without a journal.

That is deciding, rendering the answer, encoding the record, and folding what was decided; then
what it costs another process to fold the same records. The hosts and guests with many engagements
decide in turn with those who have five, since only their ratio says something. Method: processor
time of this process, in rounds of one command after another; the lower quartile of the rounds
counts, because whatever disturbs makes a round longer.
"""

from statistics import quantiles
from time import process_time
from typing import Final

from benchmarks.harness.report import Report
from benchmarks.writes.lone_leader import (
    Given,
    LoneLeader,
    announce,
    measure,
    new_id,
    new_person,
)
from command_api.domain.booking.commands import (
    AnswerBooking,
    Invitee,
    InviteGuests,
    RequestBooking,
)
from command_api.domain.person.commands import PersonFacts
from command_api.domain.post.commands import WritePost
from command_api.image.image import Image
from contracts.values.ids import AnnouncementId, BookingId, PostId
from runtime.process.garbage_collector import spare_long_lived_state

QUESTION: Final = "what does a decision cost alone, and with how many engagements?"
ROUNDS: Final = 40
COMMANDS: Final = 100
"""The number of commands of each kind in each round."""
WARM_UP: Final = 300
LITTLE: Final = 5
HOST: Final = (LITTLE, 500)
GUEST: Final = (LITTLE, 200)
"""The numbers of engagements that are compared, of a host and of a guest."""
APART_H: Final = 4
"""Hours from one evening of somebody to the next: another one just fits in between."""
FILM_H: Final = 2


async def main(report: Report) -> None:
    _measure_kinds(report)
    _measure_calendars(report)


def _measure_kinds(report: Report) -> None:
    leader, rounds = LoneLeader(), report.scale(ROUNDS)
    author = new_person()
    evening = announce()
    leader.give(author, evening)
    evening_id = evening.announcement_id
    measure(leader.give, [(new_person(), _request(evening_id)) for _ in range(WARM_UP)])
    spare_long_lived_state()
    costs: dict[str, list[float]] = {}
    for _ in range(rounds):
        answered = [(new_person(), _request(evening_id)) for _ in range(COMMANDS)]
        withdrawn = [(new_person(), _request(evening_id)) for _ in range(COMMANDS)]
        measure(leader.give, withdrawn)
        kinds: dict[str, list[Given]] = {
            "book": [*answered],
            "announce": [(new_person(), announce()) for _ in answered],
            "approve": [(author, _answer(one, yes=True)) for _, one in answered],
            "withdraw": [(guest, _answer(one, yes=False)) for guest, one in withdrawn],
            "invite": [(author, _invite(evening_id)) for _ in answered],
            "post": [(guest, _post(evening_id)) for guest, _ in answered],
        }
        for kind, commands in kinds.items():
            costs.setdefault(kind, []).append(measure(leader.give, commands))
    for kind, found in costs.items():
        report.add(f"decision/{kind}/cpu", _lower(found), "us", rounds, "decision/book/cpu")
    report.add("decision/fold/cpu", _measure_fold(leader), "us", len(leader.commits))


def _measure_fold(leader: LoneLeader) -> float:
    """Return what it takes a process to fold a record that it has not decided."""
    image, costs = Image(), []
    for first in range(0, len(leader.commits), COMMANDS):
        part = leader.commits[first : first + COMMANDS]
        began_at = process_time()
        for commit in part:
            image.fold(commit)
        costs.append(1e6 * (process_time() - began_at) / len(part))
    return _lower(costs)


def _measure_calendars(report: Report) -> None:
    """Measure who is engaged in much, in turn with who is engaged in little. Nothing of it is
    recorded, so the numbers stay."""
    leader = LoneLeader()
    busy: dict[str, Given] = {
        **{f"host/{number}": _make_host(leader, number) for number in HOST},
        **{f"guest/{number}": _make_guest(leader, number) for number in GUEST},
    }
    spare_long_lived_state()
    rounds = report.scale(ROUNDS)
    costs: dict[str, list[float]] = {name: [] for name in busy}
    for _ in range(rounds):
        for name, given in busy.items():
            costs[name].append(measure(leader.attempt, [given] * COMMANDS))
    for name, found in costs.items():
        baseline = f"calendar/{name.partition('/')[0]}/{LITTLE}/cpu"
        report.add(f"calendar/{name}/cpu", _lower(found), "us", rounds, baseline)


def _make_host(leader: LoneLeader, evenings: int) -> Given:
    """Return one more announcement by somebody who hosts so many evenings, between two of them."""
    host = new_person()
    for number in range(evenings):
        leader.give(host, announce(24 + APART_H * number))
    return host, announce(24 + APART_H * (evenings // 2) + FILM_H)


def _make_guest(leader: LoneLeader, requests: int) -> Given:
    """Return one more request of somebody who waits for so many answers."""
    guest = new_person()
    for number in range(requests):
        leader.give(guest, _request(_open_evening(leader, 24 + APART_H * number)))
    return guest, _request(_open_evening(leader, 24 + APART_H * (requests // 2) + FILM_H))


def _open_evening(leader: LoneLeader, hours_ahead: float) -> AnnouncementId:
    command = announce(hours_ahead)
    leader.give(new_person(), command)
    return command.announcement_id


def _request(evening: AnnouncementId) -> RequestBooking:
    return RequestBooking(announcement_id=evening, booking_id=BookingId(new_id()))


def _answer(request: RequestBooking, *, yes: bool) -> AnswerBooking:
    return AnswerBooking(booking_id=request.booking_id, my_status=yes)


def _invite(evening: AnnouncementId) -> InviteGuests:
    guest = new_person()
    invitee = Invitee(guest, BookingId(new_id()), PersonFacts(guest, guest[:8]))
    return InviteGuests(announcement_id=evening, guests=(invitee,))


def _post(evening: AnnouncementId) -> WritePost:
    text = "Shall I bring something to drink?"
    return WritePost(announcement_id=evening, post_id=PostId(new_id()), text=text)


def _lower(costs: list[float]) -> float:
    """Return the lower quartile."""
    return quantiles(costs, n=4)[0] if len(costs) > 1 else costs[0]
