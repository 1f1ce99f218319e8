"""Which spellings of an id are read."""

import pytest

from contracts.values.ids import canonical_uuid

CANONICAL = "0123abcd-4567-4890-abcd-ef0123456789"
DIGITS = CANONICAL.replace("-", "")


@pytest.mark.parametrize(
    "text",
    [CANONICAL, CANONICAL.upper(), DIGITS, f"{{{CANONICAL}}}", f"urn:uuid:{CANONICAL}"],
)
def test_every_usual_spelling_of_an_id_has_one_canonical_one(text: str) -> None:
    assert canonical_uuid(text) == CANONICAL


@pytest.mark.parametrize(
    "text",
    [
        "",
        CANONICAL[:-1],
        f"{CANONICAL}\n",
        f"{CANONICAL[:-2]}\r\n",
        f"\t{CANONICAL[1:]}",
        f" {DIGITS[1:]}",
        f"+{DIGITS[1:]}",
        f"0x{DIGITS[2:]}",
        f"{DIGITS[:8]}_{DIGITS[9:]}",
        f"{DIGITS[:-1]}\u0663",
    ],
)
def test_what_python_reads_as_a_number_is_no_id(text: str) -> None:
    assert canonical_uuid(text) is None
