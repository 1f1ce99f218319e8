"""What people wrote is text to a spreadsheet and to a terminal, and never a command."""

import csv
import io

import pytest

from launcher.analyst_client import AnswerTable
from launcher.verbs.ask import print_questions, print_table
from launcher.verbs.operators.dead import print_letters
from query_api.analysts.encodings import CsvEncoder
from runtime.clickhouse.port import ResultSet
from runtime.http.harmless_text import escape_controls

FORMULAS = [
    "=1+1",
    "+7 999",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    '=HYPERLINK("http://x")',
]
ORDERS = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\x7f"


def test_no_cell_of_an_export_is_a_formula() -> None:
    columns = tuple(f"={number}" for number in range(len(FORMULAS)))
    answer = ResultSet(columns, ("String",) * len(columns), [tuple(FORMULAS)])
    text = CsvEncoder().encode(answer).decode()
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert header == [f"'{name}" for name in columns]
    assert row == [f"'{formula}" for formula in FORMULAS]


def test_numbers_and_other_text_stay_as_they_are() -> None:
    answer = ResultSet(("n", "x", "text", "none"), ("Int64",) * 4, [(-5, -0.5, "a=b", None)])
    assert CsvEncoder().encode(answer).decode().splitlines()[1] == "-5,-0.5,a=b,"


def table(*cells: str) -> AnswerTable:
    return AnswerTable([cells[0], "n"], ["String", "Int64"], [[cell, -1] for cell in cells], 7)


def test_no_cell_of_ask_is_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(table(*FORMULAS), "csv")
    printed = capsys.readouterr().out
    assert printed.startswith("'=1+1,n\n")
    for formula in FORMULAS:
        assert f"'{formula}".replace('"', '""') in printed
    assert printed.count(",-1\n") == len(FORMULAS)


def test_a_terminal_is_shown_what_it_would_have_obeyed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    print_table(table(ORDERS, "фильм हिन्दी 👩\u200d💻"), "table")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    print_table(table(ORDERS), "csv")
    printed = capsys.readouterr().out
    assert not set(printed) & set("\x1b\x07\x9b\u202e\x7f")
    assert "\\x1b]0;owned" in printed
    assert "фильм हिन्दी 👩\u200d💻" in printed


def test_square_brackets_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "[erased] [/b] [link=x]y"
    letter = dict.fromkeys(("id", "event", "key", "parked", "since", "reason"), "[1]")
    print_letters([letter | {"reason": typed}])
    question = {"name": "[2]", "title": typed, "description": "[3]"}
    print_questions([question | {"parameters": [{"name": "[4]", "default": 5}]}], as_json=False)
    print_table(AnswerTable(["n"], ["Int64"], [["[6] " * 9]], 7, question=question), "table")
    printed = capsys.readouterr().out
    assert printed.count(typed) == 3
    assert all(f"[{number}]" in printed for number in (1, 2, 3, 4, 6))


def test_visible_is_one_line_of_what_can_be_seen() -> None:
    assert escape_controls("a\nb\tc\u2028d\ud800") == "a\\nb\\tc\\u2028d\\ud800"
    assert escape_controls(None) == ""
    assert escape_controls(1.5) == "1.5"
