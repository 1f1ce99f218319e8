"""The text that `practix verify` prints names everything for which it says no."""

from typing import Any

import pytest

from launcher.verbs.verify import print_result


def result(**changes: Any) -> dict[str, Any]:
    """Return the result of a journal that is right, with `changes`."""
    right = {
        "ok": True,
        "position": 14,
        "from": 0,
        "records": 14,
        "commits": 10,
        "announcements": 1,
        "bookings": 1,
        "over_capacity": [],
        "double_confirmed": [],
        "contradictions": [],
        "differences": [],
        "found": {
            "over_capacity": 0,
            "double_confirmed": 0,
            "contradictions": 0,
            "differences": 0,
        },
        "dead_letters": 0,
        "seat_ledger": "6f8d7c",
        "generation": 1,
        "changed": {"erased": 0, "format": 0},
        "scores_in_history": 0,
        "kept": False,
        "problem": None,
        "seconds": 0.1,
    }
    return right | changes


def print_as_text(found: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    print_result(found, as_json=False)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("over_capacity", "over capacity: 1,234"),
        ("double_confirmed", "confirmed twice: 1,234"),
        ("contradictions", "contradictions: 1,234"),
        ("differences", "rows that differ: 1,234"),
    ],
)
def test_it_counts_all_findings_and_not_only_the_examples(
    kind: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = result()["found"] | {kind: 1234}
    printed = print_as_text(result(ok=False, found=found, **{kind: [{}] * 20}), capsys)
    assert printed.startswith("NOT VERIFIED")
    assert text in printed


def test_it_counts_dead_letters(capsys: pytest.CaptureFixture[str]) -> None:
    assert "dead letters: 3" in print_as_text(result(ok=False, dead_letters=3), capsys)


def test_it_shows_the_digest_of_the_seat_ledger(capsys: pytest.CaptureFixture[str]) -> None:
    assert "seat ledger: 6f8d7c\n" in print_as_text(result(), capsys)


def test_a_renewed_journal_says_what_renewals_have_changed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = {"erased": 1500, "format": 2}
    printed = print_as_text(result(generation=12, changed=changed), capsys)
    assert "journal 12: of 14 records read" in printed
    assert "erased texts out of 1,500 and changed the format of 2\n" in printed
    assert "journal" not in print_as_text(result(), capsys)


def test_commits_are_counted_from_the_checkpoint_on(capsys: pytest.CaptureFixture[str]) -> None:
    printed = print_as_text(result(**{"from": 12, "commits": 1}), capsys)
    assert "1 commits after position 12 up to position 14" in printed
    assert "went on from the checkpoint at position 12\n" in printed


def test_a_result_without_a_fold_is_only_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    printed = print_as_text({"ok": False, "problem": "no answer"}, capsys)
    assert printed.startswith("NOT VERIFIED")
    assert "problem: no answer\n" in printed
    assert "seat ledger" not in printed
