"""What one line and several lines are, what a zone is, and how an amount is written."""

import json
from zoneinfo import ZoneInfo

import pytest

from contracts.values.prices import demand_cents
from contracts.values.text import clean_line, clean_lines, fit_line, make_storable
from contracts.values.zones import is_zone, zone_or_utc

ENGLAND = "\U0001f3f4" + "".join(chr(0xE0000 + ord(one)) for one in "gbeng") + "\U000e007f"
FAMILY = "👨\u200d👩\u200d👧"
LAWFUL = [
    "Матрица",
    "The Matrix — at my place!",
    "हिन्दी",
    "می\u200cخواهم",
    "🎬",
    FAMILY,
    ENGLAND,
    f"{ENGLAND} — {ENGLAND}{ENGLAND}",
    "❤\ufe0f",
    "שלום \u200fabc",
    "за\u0301мок",
    "A\u00a0B",
]


@pytest.mark.parametrize("text", LAWFUL)
def test_what_people_write_is_one_line(text: str) -> None:
    assert clean_line(text) == text
    assert clean_lines(text) == text
    assert fit_line(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u200b",
        "\u200d\u200d",
        "\u3164",
        "\u2800\u2800",
        "\u00ad \u2060",
        "\ufe0f",
        "\u0301",
        "\u00a0\u2003",
        "\ufeff",
        "\u115f\u1160",
    ],
)
def test_a_line_of_which_nothing_is_seen_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="blanks"):
        clean_line(text)
    assert fit_line(text) == ""


@pytest.mark.parametrize(
    "between",
    [
        *"\n\r\v\f\t\0\x1b\x07\x7f\x85\x9b\u2028\u2029",
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
        *"\ufff9\ufffe\ufdd0\U000e0001",
        "\ud800",
    ],
)
def test_what_breaks_or_turns_a_line_is_refused(between: str) -> None:
    with pytest.raises(ValueError, match=r"one line|forbidden"):
        clean_line(f"a{between}b")
    assert fit_line(f"a{between}b") in ("ab", "a b")


def test_ends_are_stripped_of_all_that_is_not_seen() -> None:
    assert clean_line(" \u200b\ufeff a b \u200d \n") == "a b"


def test_a_text_is_composed() -> None:
    assert clean_line("Е\u0308лка й") == "Ёлка й"
    assert clean_lines("й") == "й"


def test_lines_are_parted_in_one_way() -> None:
    assert clean_lines("a\r\nb\rc\u2028d\u2029e\x85f\vg\tend\n") == "a\nb\nc\nd\ne\nf\ng\tend\n"
    assert clean_lines("") == ""


@pytest.mark.parametrize("wrong", "\0\x1b\x08\x9b\u202e\u2067\ud800")
def test_several_lines_hold_no_controls_either(wrong: str) -> None:
    with pytest.raises(ValueError, match="forbidden"):
        clean_lines(f"a{wrong}b")


def test_what_others_say_is_made_fit() -> None:
    assert fit_line("Anna\0\n\u202eBo\x1b[31m") == "Anna Bo[31m"
    assert fit_line("x" * 1_000) == "x" * 200
    assert make_storable("a\0b") == "ab"


def test_fitting_again_changes_nothing() -> None:
    for text in (*LAWFUL, " a\n\nb\u202e ", "\u200b\0"):
        assert fit_line(fit_line(text)) == fit_line(text)


@pytest.mark.parametrize("name", ["UTC", "Europe/Moscow", "Asia/Kolkata", "Etc/GMT+3"])
def test_a_zone_is_a_name_of_the_database(name: str) -> None:
    assert is_zone(name)
    assert zone_or_utc(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    "name",
    [
        "localtime", "posixrules", "Factory", "right/Europe/Moscow", "posix/Europe/Moscow",
        "europe/moscow", "Mars/Base", "", "../etc/passwd", "/etc/localtime", "Europe", "a\0b",
        "tzdata.zi", "zone.tab", "leapseconds",
    ],
)  # fmt: skip
def test_what_differs_by_machine_is_no_zone(name: str) -> None:
    assert not is_zone(name)
    assert zone_or_utc(name).key == "UTC"


def test_an_amount_has_two_decimals_at_most() -> None:
    for amount in (0, 10, 0.1, 0.01, 199_999.99, 1e6, json.loads("19.990")):
        assert demand_cents(amount) == amount
    assert repr(demand_cents(-0.0)) == "0.0"
    for amount in (0.001, 19.999, 1e-7):
        with pytest.raises(ValueError, match="decimals"):
            demand_cents(amount)


HIDDEN = "".join(chr(0xE0000 + ord(one)) for one in "ignore")


@pytest.mark.parametrize(
    "between",
    [
        "\u061c",
        "\U000e0000",
        HIDDEN,
        f"{HIDDEN}\U000e007f",
        ENGLAND[:-1],
        f"\U0001f3f4{HIDDEN * 2}\U000e007f",
    ],
)
def test_what_no_program_shows_is_refused_and_made_fit(between: str) -> None:
    for parse in (clean_line, clean_lines):
        with pytest.raises(ValueError, match=r"U\+"):
            parse(f"A{between}B")
    assert fit_line(f"A{between}B").replace("\U0001f3f4", "") == "AB"


def test_a_flag_that_is_cut_leaves_nothing_unseen() -> None:
    assert fit_line(f"A{ENGLAND}", chars_max=4) == "A\U0001f3f4"
