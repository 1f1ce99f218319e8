"""Bugs planted to see the simulation catch them. Each is one rule of the protocol left out.

`python -m tests.simulation.planted` prints the table: which bug, what it breaks, and after
how many seeds the simulation found it.
"""

import logging
import sys
from asyncio import sleep
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from msgspec import Raw
from msgspec.structs import replace

import runtime.journal.tail
from command_api.domain.announcement.state import Announcement
from command_api.domain.deadline import Deadline
from command_api.domain.decide import Decision, decide
from command_api.domain.layer import Layer
from command_api.domain.person.commands import ErasureDue
from command_api.domain.recorder import Recorder
from command_api.domain.submission import Submission
from command_api.image.agenda import BEFORE_ALL, NEAR, Agenda
from command_api.image.cache import CachedTable
from command_api.image.image import Image
from command_api.image.keys import AnsweredKeys
from command_api.image.store import Changes, ImageStore
from command_api.leader.answering import Answering
from command_api.leader.deadlines import DueCommands
from command_api.leader.node import Node
from command_api.leader.reign import Reign
from command_api.leader.sent_record import SentRecord
from command_api.renewal import copying
from contracts.errors import NotFound
from contracts.events.person import PersonErased
from contracts.journal.acceptance import JournalBroken, ReaderState, accept
from contracts.journal.records import Claim, CommandInfo, Commit, Outcome, Record
from contracts.journal.renewal import Renewing
from contracts.values.ids import AnnouncementId, PersonId
from projector.read_models.batch import RowBatch
from projector.read_models.memory import MemorySink
from runtime.following.reader import Step
from runtime.journal import lineage
from runtime.journal.port import Journal, JournalError
from runtime.journal.tail import Accepted, Position, Tail
from runtime.process.clock_watch import ClockWatch
from tests.simulation.clocks import (
    inherited_date,
    jump_under_load,
    looks_at_ticks_only,
    set_right,
    told_late,
    woken_laptop,
)
from tests.simulation.directed import cut_off_leader, oversize, slow_broker, truncated_log
from tests.simulation.disks.restarts import run_restarts
from tests.simulation.disks.situations import other_journal
from tests.simulation.renewed.runs import other_renewed_journal, run_renewals, woken_leader
from tests.simulation.scenario import run_seed, run_with_chats, run_with_erasures
from tests.simulation.simulated.store import SimulatedStore

SEEDS_MAX: Final = 600
"""A bug that shows in one run of 150 is missed once in fifty times."""


class PlantedBug(NamedTuple):
    name: str
    rule: str
    """Which rule of docs/architecture.md is left out."""
    plant: Callable[[], Any]
    """A context manager in which the bug is there."""
    scenario: Callable[[int], object] = run_seed
    """Where it is looked for: by default in the random runs."""


def _answer_on_acknowledgement() -> Any:
    def settle(sent: SentRecord) -> None:
        if sent.acknowledged:
            sent._wake()

    return patch.object(SentRecord, "settle_if_complete", settle)


def _accepting(relaxed: Callable[[ReaderState, Record, str], ReaderState | None]) -> Any:
    return patch.object(runtime.journal.tail, "accept", relaxed)


def _no_term_check() -> Any:
    def relaxed(state: ReaderState, record: Record, record_hash: str) -> ReaderState | None:
        if isinstance(record, Claim) or record.seq != state.seq + 1:
            return accept(state, record, record_hash)
        return ReaderState(state.term, record.seq, record_hash, state.nonce, state.open)

    return _accepting(relaxed)


def _no_prev_hash() -> Any:
    def relaxed(state: ReaderState, record: Record, record_hash: str) -> ReaderState | None:
        try:
            return accept(state, record, record_hash)
        except JournalBroken:
            return None

    def unchained(state: ReaderState, record: Record, record_hash: str) -> ReaderState | None:
        if record.seq == state.seq + 1 and not isinstance(record, Claim):
            return ReaderState(state.term, record.seq, record_hash, state.nonce, state.open)
        return relaxed(state, record, record_hash)

    return _accepting(unchained)


def _claim_need_not_fit() -> Any:
    def relaxed(state: ReaderState, record: Record, record_hash: str) -> ReaderState | None:
        if isinstance(record, Claim) and record.term == state.term + 1:
            return ReaderState(record.term, record.seq, record_hash, record.nonce, open=True)
        return accept(state, record, record_hash)

    return _accepting(relaxed)


def _no_deduplication() -> Any:
    return patch.object(AnsweredKeys, "find", lambda *_: None)


def _tentative_answers_are_stored() -> Any:
    send = Reign._send_commit

    def remember_at_once(
        reign: Reign, command: CommandInfo, decision: Decision, now: Any
    ) -> SentRecord:
        sent = send(reign, command, decision, now)
        reign._image.keys.remember(command, sent.seq, now, decision.outcome)
        return sent

    stored = Answering._find_stored

    def render_from_the_tentative(answering: Answering, *asked: Any) -> Any:
        node = answering._node
        accepted = node.image.accepted
        if node.reign is not None:
            node.image.accepted = node.reign._tentative
        try:
            return stored(answering, *asked)
        except LookupError:
            return None
        finally:
            node.image.accepted = accepted

    return _all(
        patch.object(Reign, "_send_commit", remember_at_once),
        patch.object(Answering, "_find_stored", render_from_the_tentative),
    )


def _nonce_is_not_spent() -> Any:
    led = Node._note_end_of_reign

    def lead_again(node: Node, reign: Reign) -> None:
        led(node, reign)
        node._loop.create_task(_again(node, reign._term))

    async def _again(node: Node, term: int) -> None:
        try:
            writer = await node._journal.open_writer()
        except JournalError:
            return
        state = node.tail.position.state
        if node.reign is None and state.term == term and state.open:
            node._lead(state, writer, 1.0)

    return patch.object(Node, "_note_end_of_reign", lead_again)


def _matches_by_seq_through_foreign_claims() -> Any:
    """Go on after somebody else's Claim, and take any record of the right seq for its own."""
    return _all(_keeps_leading_after_foreign_claim(), patch.object(Reign, "read_back", _by_seq))


def _keeps_leading_after_foreign_claim() -> Any:
    take_claim = Node._accept_claim

    def stay(node: Node, claim: Claim, accepted: Accepted) -> None:
        if node.reign is not None and claim.nonce not in node._claims:
            node.image.seq = claim.seq
            return
        take_claim(node, claim, accepted)

    return patch.object(Node, "_accept_claim", stay)


def _by_seq(reign: Reign, accepted: Accepted) -> Any:
    seq = accepted.position.state.seq
    while reign._unread and reign._unread[0].seq < seq:
        reign._unread.popleft()
    if reign._unread and reign._unread[0].seq == seq:
        sent = reign._unread.popleft()
        sent.accepted = True
        sent.settle_if_complete()
    return None


def _not_found_without_a_barrier() -> Any:
    def at_once(reign: Reign) -> SentRecord:
        proof = SentRecord(reign._seq, "", None, 0)
        proof.accepted = proof.acknowledged = True
        return proof

    return patch.object(Reign, "_want_proof", at_once)


def _no_recheck() -> Any:
    """Neither every ten seconds nor after a reconnect."""
    return patch.object(Tail, "_check_anchor", lambda _tail, _anchor, entries: entries)


def _no_back_off() -> Any:
    claim = Node._claim

    async def impatient(node: Node) -> None:
        node._claimed_in_vain = False
        await claim(node)

    return patch.object(Node, "_claim", impatient)


def _no_size_check() -> Any:
    return patch("command_api.leader.reign.RECORD_BYTES_MAX", 10**9)


def _any_date_is_carried_on() -> Any:
    return patch("command_api.leader.reign.log_time", max)


def _only_a_leader_compares() -> Any:
    """The clock at the start counts as right, and a step since then is kept for ever."""
    compare, init = Node._compare_clocks, ClockWatch.__init__

    def as_leader(node: Node, newest: Accepted) -> None:
        if node.reign is not None:
            compare(node, newest)

    def trust_the_start(watch: ClockWatch, *arguments: Any, **options: Any) -> None:
        init(watch, *arguments, **options)
        watch._compared = watch._clock().timestamp() - watch._steady()

    return _all(
        patch.object(Node, "_compare_clocks", as_leader),
        patch.object(ClockWatch, "__init__", trust_the_start),
    )


def _doubt_lasts() -> Any:
    may_stand = Node._may_stand
    return patch.object(Node, "_may_stand", lambda node: node.clock_right and may_stand(node))


def _every_clock_is_watched() -> Any:
    init = ClockWatch.__init__

    def watching(watch: ClockWatch, *arguments: Any, **_: Any) -> None:
        init(watch, *arguments)

    return patch.object(ClockWatch, "__init__", watching)


def _flush_on_stepping_down() -> Any:
    """Stepping down waits until everything that was sent has been acknowledged."""
    led = Node._note_end_of_reign

    def led_when_flushed(node: Node, reign: Reign) -> None:
        async def flush() -> None:
            for sent in reign_sent.get(reign, []):
                while not sent.acknowledged:
                    await sleep(1.0)
            led(node, reign)

        node._loop.create_task(flush())

    send = Reign._send
    reign_sent: dict[Reign, list[SentRecord]] = {}

    def remember_sent(reign: Reign, *arguments: Any) -> SentRecord:
        sent = send(reign, *arguments)
        reign_sent.setdefault(reign, []).append(sent)
        return sent

    return _all(
        patch.object(Node, "_note_end_of_reign", led_when_flushed),
        patch.object(Reign, "_send", remember_sent),
    )


def _position_moves_before_the_rows() -> Any:
    write = MemorySink.write

    async def position_first(sink: MemorySink, batch: RowBatch, step: Step) -> None:
        await write(sink, RowBatch(), step)
        await sleep(0.001)
        sink.tables.apply(batch)

    return patch.object(MemorySink, "write", position_first)


def _position_is_written_before_the_values() -> Any:
    async def position_first(store: SimulatedStore, changes: Changes, **_: bool) -> None:
        store.disk.put_position(changes.checkpoint)
        await sleep(2.0)
        store.disk.put_values(changes)

    return patch.object(SimulatedStore, "write", position_first)


def _cache_keeps_old_values() -> Any:
    return patch.object(CachedTable, "replace", lambda _table, _written: None)


def _frozen_values_are_not_shown() -> Any:
    freeze = Image.freeze

    def hide(image: Image, position: Position) -> Changes:
        changes = freeze(image, position)
        for shelf in image._frozen.shelves:
            shelf.own = {}
        return changes

    return patch.object(Image, "freeze", hide)


def _a_restart_forgets_what_was_forgotten() -> Any:
    """So the process begins to count anew, and forgets other keys than those that went on."""
    init = AnsweredKeys.__init__

    def without_mark(keys: AnsweredKeys, *arguments: Any, **options: Any) -> None:
        init(keys, *arguments, **options)
        keys._forgotten = keys._stored_to

    return patch.object(AnsweredKeys, "__init__", without_mark)


def _reads_on_from_now() -> Any:
    """So what came due between the end of one reading and the beginning of the next is missed."""
    read = Agenda._read

    def skip(agenda: Agenda, store: ImageStore, until: datetime) -> None:
        if agenda._read_to != BEFORE_ALL:
            agenda._read_to = until - NEAR
        read(agenda, store, until)

    return patch.object(Agenda, "_read", skip)


def _a_deadline_on_disk_counts_more_than_a_newer_one() -> Any:
    def read_all(agenda: Agenda, store: ImageStore, until: datetime) -> None:
        for deadline in store.list_deadlines(agenda._read_to, until):
            agenda._put(deadline)
        agenda._read_to = until

    return patch.object(Agenda, "_read", read_all)


def _the_journal_is_not_compared() -> Any:
    async def trust(_journal: Journal, _position: Position) -> None:
        return

    return _all(patch("command_api.image.restoring.confirm", trust), _no_recheck())


def _erased_before_all_is_given_back() -> Any:
    def erase_at_once(recorder: Recorder, command: ErasureDue) -> Outcome:
        if recorder.person(command.person_id).is_erasing(recorder.now):
            recorder.record(PersonErased(person_id=command.person_id))
        return Outcome("person_erased")

    return patch.dict("command_api.domain.decide._HANDLERS", {ErasureDue: erase_at_once})


def _acts_while_being_erased() -> Any:
    return patch("command_api.domain.decide.refuse_barred", lambda _recorder: None)


def _only_one_step_of_an_erasure_is_taken() -> Any:
    def give_once(due: DueCommands, key: str, _deadline: Deadline) -> bool:
        return key not in due._given

    return patch.object(DueCommands, "_may_give", give_once)


def _steps_of_an_erasure_have_one_key() -> Any:
    return patch.object(Reign, "accepted_seq", 0)


def _strangers_are_in_a_chat() -> Any:
    def find(layer: Layer, announcement_id: AnnouncementId, _: PersonId) -> Announcement:
        if (announcement := layer.announcements.get(announcement_id)) is None:
            raise NotFound
        return announcement

    return _all(
        patch("command_api.domain.post.decisions.find_chat", find),
        patch("command_api.domain.post.rights.find_chat", find),
    )


def _a_mark_goes_back() -> Any:
    return patch.object(Layer, "read_mark", lambda *_: 0)


def _a_post_stands_behind_what_is_accepted() -> Any:
    def decide_there(reign: Reign, submission: Submission, layer: Layer, now: datetime) -> Decision:
        return decide(submission, layer, now, reign._rules, position=reign.accepted_seq + 1)

    return patch.object(Reign, "_decide", decide_there)


def _a_record_is_not_carried_over() -> Any:
    cut = copying.cut_at_terms

    def skip_one(records: Sequence[Accepted]) -> Iterator[Sequence[Accepted]]:
        commits = [one for one in records if isinstance(one.record, Commit)]
        return cut([one for one in records if one is not (commits and commits[-1])])

    return patch.object(copying, "cut_at_terms", skip_one)


def _a_seat_changes_on_the_way() -> Any:
    renew_commit = Renewing._renew_commit

    def add_a_seat(renewing: Renewing, commit: Commit, old_state: ReaderState) -> Commit:
        renewed = renew_commit(renewing, commit, old_state)
        events = [bytes(one).replace(b'"taken":1', b'"taken":2') for one in renewed.events]
        return replace(renewed, events=tuple(map(Raw, events)))

    return patch.object(Renewing, "_renew_commit", add_a_seat)


def _logs_are_dropped_without_a_proof() -> Any:
    async def believe(_: Reign) -> None:
        return

    return patch.object(Reign, "confirm_leading", believe)


def _any_record_at_the_position_will_do() -> Any:
    def recognise(stored: ReaderState, record: Record, record_hash: str) -> ReaderState | None:
        return replace(stored, hash=record_hash) if record.seq == stored.seq else None

    return patch.object(lineage, "recognise", recognise)


@contextmanager
def _all(*patches: Any) -> Iterator[None]:
    if not patches:
        yield
        return
    with patches[0], _all(*patches[1:]):
        yield


PLANTED = (
    PlantedBug("answers on the acknowledgement", "L4", _answer_on_acknowledgement),
    PlantedBug("no term check", "R1", _no_term_check),
    PlantedBug("no prev_hash check", "R1", _no_prev_hash),
    PlantedBug("a Claim need not fit", "R1", _claim_need_not_fit),
    PlantedBug("no deduplication", "keys", _no_deduplication),
    PlantedBug("stores answers before they are accepted", "L4", _tentative_answers_are_stored),
    PlantedBug("leads twice under one Claim", "L1", _nonce_is_not_spent),
    PlantedBug("matches by seq, not hash", "L4, L6", _matches_by_seq_through_foreign_claims),
    PlantedBug("not found without a barrier", "L5", _not_found_without_a_barrier, cut_off_leader),
    PlantedBug("does not read its own last record again", "R4", _no_recheck, truncated_log),
    PlantedBug("claims without backing off", "L1", _no_back_off, slow_broker),
    PlantedBug("sends before it checks the size", "L2", _no_size_check, oversize),
    PlantedBug("moves its position before its rows", "§3", _position_moves_before_the_rows),
    PlantedBug("looks at its clock at ticks only", "L8", looks_at_ticks_only, jump_under_load),
    PlantedBug("carries on any date", "L8", _any_date_is_carried_on, inherited_date),
    PlantedBug("only a leader compares clocks", "L8", _only_a_leader_compares, set_right),
    PlantedBug("doubts its clock for ever", "L8", _doubt_lasts, told_late),
    PlantedBug("watches a clock without another", "L8", _every_clock_is_watched, woken_laptop),
    PlantedBug("flushes when stepping down", "L6", _flush_on_stepping_down),
    PlantedBug(
        "writes its position before its values", "§2", _position_is_written_before_the_values
    ),
    PlantedBug("serves old values from its cache", "§2", _cache_keeps_old_values, run_restarts),
    PlantedBug("does not show what is being written", "§2", _frozen_values_are_not_shown),
    PlantedBug(
        "forgets other keys after a restart",
        "§2",
        _a_restart_forgets_what_was_forgotten,
        run_restarts,
    ),
    PlantedBug("misses deadlines between two reads", "§2", _reads_on_from_now, run_restarts),
    PlantedBug(
        "puts a deadline on disk over a newer one",
        "§2",
        _a_deadline_on_disk_counts_more_than_a_newer_one,
        run_restarts,
    ),
    PlantedBug(
        "erases before all is given back",
        "0017",
        _erased_before_all_is_given_back,
        run_with_erasures,
    ),
    PlantedBug("lets the erased act", "0017", _acts_while_being_erased, run_with_erasures),
    PlantedBug(
        "takes only one step of an erasure",
        "0017",
        _only_one_step_of_an_erasure_is_taken,
        run_with_erasures,
    ),
    PlantedBug(
        "gives all steps of an erasure one key",
        "0017",
        _steps_of_an_erasure_have_one_key,
        run_with_erasures,
    ),
    PlantedBug("lets strangers into a chat", "A33", _strangers_are_in_a_chat, run_with_chats),
    PlantedBug("lets a read mark go back", "A33", _a_mark_goes_back, run_with_chats),
    PlantedBug(
        "places a post behind what is accepted",
        "A33",
        _a_post_stands_behind_what_is_accepted,
        run_with_chats,
    ),
    PlantedBug(
        "trusts a checkpoint of another journal", "§2", _the_journal_is_not_compared, other_journal
    ),
    PlantedBug("a renewal drops a record", "N3", _a_record_is_not_carried_over, run_renewals),
    PlantedBug("a renewal changes a seat", "N3", _a_seat_changes_on_the_way, run_renewals),
    PlantedBug("drops what is in force", "N5", _logs_are_dropped_without_a_proof, woken_leader),
    PlantedBug(
        "does not compare what a record was",
        "N4",
        _any_record_at_the_position_will_do,
        other_renewed_journal,
    ),
)


def find(bug: PlantedBug, seeds_max: int = SEEDS_MAX) -> tuple[int, BaseException] | None:
    """Return the first seed that fails with the bug planted, and how; None if none does."""
    with bug.plant():
        for seed in range(seeds_max):
            try:
                bug.scenario(seed)
            except BaseException as failure:
                return seed, failure
    return None


def first_line(failure: BaseException) -> str:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return f"{type(failure).__name__}: {failure}".splitlines()[0][:100]


def main() -> int:
    logging.disable(logging.CRITICAL)
    missed = 0
    for bug in PLANTED:
        found = find(bug)
        missed += found is None
        seed, how = (str(found[0]), first_line(found[1])) if found else ("-", "NOT FOUND")
        print(f"| {bug.name} | {bug.rule} | {seed} | {how} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
