"""A pseudonym is stable under one key and says nothing without it."""

from uuid import UUID, uuid4

import pytest

from runtime.pseudonyms import Pseudonyms

KEY, OTHER_KEY = "a key of the tests", "another key of the tests"


def test_an_id_has_one_pseudonym_however_it_is_written() -> None:
    identity = str(uuid4())
    first = Pseudonyms(KEY).replace(identity)
    assert first == Pseudonyms(KEY).replace(identity.upper())
    assert str(UUID(first)) == first != identity


def test_another_key_gives_other_pseudonyms_and_another_fingerprint() -> None:
    identity = str(uuid4())
    one, other = Pseudonyms(KEY), Pseudonyms(OTHER_KEY)
    assert one.replace(identity) != other.replace(identity)
    assert one.fingerprint != other.fingerprint
    assert KEY not in one.fingerprint


@pytest.mark.parametrize("nobody", ["", "system", "operator"])
def test_who_is_nobody_in_particular_keeps_the_name(nobody: str) -> None:
    assert Pseudonyms(KEY).replace(nobody) == nobody
