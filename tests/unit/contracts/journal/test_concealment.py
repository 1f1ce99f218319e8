"""What a Commit holds of a request tells neither the client's key nor the body."""

import hmac
from hashlib import sha256

from contracts.journal.concealment import FingerprintKey, conceal_idempotency_key
from contracts.journal.records import CommandInfo
from contracts.values.ids import SYSTEM

BODY = sha256(b"POST /api/v1/booking/1\nyes").hexdigest()
QUERY = sha256(b"dry_run=false").hexdigest()
KEY = FingerprintKey("the secret of a cell")
SENT = CommandInfo("id", "booking.request", "anna", "anna@example.org", BODY, QUERY)


def test_the_key_and_the_bare_hashes_are_gone() -> None:
    held = KEY.conceal(SENT)
    assert (held.id, held.kind, held.actor) == (SENT.id, SENT.kind, SENT.actor)
    assert held.idempotency_key == "h1 " + sha256(b"anna@example.org").hexdigest()
    assert held.query_fingerprint is not None
    for fingerprint, bare in ((held.fingerprint, BODY), (held.query_fingerprint, QUERY)):
        assert fingerprint.startswith("k1 ")
        assert bare not in fingerprint


def test_what_is_concealed_stays_as_it_is() -> None:
    held = KEY.conceal(SENT)
    assert KEY.conceal(held) == FingerprintKey("another secret").conceal(held) == held


def test_a_key_that_only_looks_concealed_is_hashed() -> None:
    """No key of a client has a blank in it."""
    assert conceal_idempotency_key("h1:" + "0" * 64).startswith("h1 ")


def test_another_secret_gives_other_fingerprints_and_the_same_key() -> None:
    ours, theirs = KEY.conceal(SENT), FingerprintKey("another secret").conceal(SENT)
    assert ours.idempotency_key == theirs.idempotency_key
    assert ours.fingerprint != theirs.fingerprint
    assert ours.query_fingerprint != theirs.query_fingerprint


def test_the_stored_form_is_this() -> None:
    """Another build has to find the retries of this one."""
    key = hmac.digest(b"the secret of a cell", b"practix fingerprints 1", "sha256")
    stored = "k1 6836d50154124ec7455344dac5dc657a73932e1f17afa2d95953d8b3ecec99bb"
    assert KEY.conceal_fingerprint(BODY) == stored
    assert stored == "k1 " + hmac.digest(key, BODY.encode(), "sha256").hex()


def test_an_absent_query_stays_absent() -> None:
    for absent in ("", None):
        sent = CommandInfo("id", "booking.request", "anna", "key", BODY, absent)
        assert KEY.conceal(sent).query_fingerprint == absent


def test_a_command_of_the_system_keeps_the_name_of_its_deadline() -> None:
    due = CommandInfo("b@2026", "booking.hold_due", SYSTEM, "b@2026", "")
    assert KEY.conceal(due) is due
