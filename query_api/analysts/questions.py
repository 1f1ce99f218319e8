"""Reads the ready questions: one SQL file each, with a header that says what it answers.

A header consists of SQL comments: `name`, `title` and `description` in English, `title.ru` and
`description.ru`, any number of `parameter: NAME KIND = DEFAULT` (kinds `int`, `day`, `text`), and
`plot: line|bars X Y [Y...] [by SERIES]`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from contracts.values.languages import Language, Text
from runtime.clickhouse.port import SqlParameter

DIRECTORY: Final = Path(__file__).resolve().parent / "ready_questions"


VERSION_DIGITS: Final = 12

OF_EVENINGS: Final = (
    "request_funnel",
    "host_response_time",
    "cancellations",
    "repeat_guests",
    "fill_curve",
)
"""Names of the ready questions that can be asked about some of the evenings."""
ON_WEEKDAY: Final = """announcement_id IN
    (
        SELECT announcement_id FROM evenings
        WHERE toDayOfWeek(toDate(toUInt16(intDiv(starts_at_ms, 86400000)))) = %(weekday)s
    )"""
"""Evenings that begin on this day of the week (UTC, 1 is Monday)."""
WEEKDAY: Final = "weekday"
DAYS_OF_WEEK: Final = 7

# The newest event of all says what time it is, so that one stays as it is.
_TABLES: Final = re.compile(r"(?<!max\(at_ms\) )FROM (events|evenings)\b(\s+WHERE\b)?")


def version_of(sql: str) -> str:
    """Return the version of a question's text: two answers with one version come from the same
    SQL, apart from their parameters."""
    return sha256(sql.strip().encode()).hexdigest()[:VERSION_DIGITS]


def narrow(sql: str, evenings: str) -> str:
    """Return the question's SQL about those evenings only for which the condition holds."""
    return _TABLES.sub(
        lambda found: f"FROM {found[1]} WHERE {evenings}" + (" AND" if found[2] else ""), sql
    )


class BadParameter(ValueError):
    """The question has no such parameter, or the value is not of the parameter's kind."""


class QuestionParameter(NamedTuple):
    """A parameter that the question's SQL names."""

    name: str
    kind: str
    """`int`, `day` or `text`."""
    default: str

    def parse(self, given: str) -> SqlParameter:
        """Return the given text as a value of the parameter's kind. Raises BadParameter."""
        try:
            match self.kind:
                case "int":
                    return int(given)
                case "day":
                    return date.fromisoformat(given)
                case _:
                    return given
        except ValueError as error:
            raise BadParameter(f"{self.name} must be of kind {self.kind}: {given!r}") from error


class Plot(NamedTuple):
    """How to draw an answer: the columns of both axes."""

    kind: str
    """`line` or `bars`."""
    x: str
    ys: tuple[str, ...]
    by: str | None = None
    """Column that splits the rows into series."""

    def describe(self) -> dict[str, Any]:
        """Return the plot as answers and bodies have it."""
        return {**self._asdict(), "ys": list(self.ys)}


class ReadyQuestion(NamedTuple):
    name: str
    title: Text
    description: Text
    parameters: tuple[QuestionParameter, ...]
    plot: Plot
    sql: str

    def bind(self, given: Mapping[str, str]) -> dict[str, SqlParameter]:
        """Return a value for every parameter: the given one, or the default. Raises
        BadParameter."""
        return bind_parameters(self.name, self.parameters, given)

    def on_weekday(self) -> "ReadyQuestion":
        """Return the question about evenings that begin on one day of the week, its parameter
        WEEKDAY (UTC, 1 is Monday). Raises BadParameter if it is not of OF_EVENINGS."""
        if self.name not in OF_EVENINGS:
            raise BadParameter(f"{self.name} is not asked by the day of the week")
        chosen = QuestionParameter(WEEKDAY, "int", "1")
        narrowed = narrow(self.sql, ON_WEEKDAY)
        return self._replace(sql=narrowed, parameters=(*self.parameters, chosen))

    def summary(self, language: Language) -> dict[str, Any]:
        """Return what a client needs to list, ask and plot the question."""
        return {
            "name": self.name,
            "title": self.title.in_language(language),
            "description": self.description.in_language(language),
            "parameters": [one._asdict() for one in self.parameters],
            "plot": self.plot.describe(),
            "version": version_of(self.sql),
            "saved_at": None,
        }


def bind_parameters(
    question: str, parameters: Iterable[QuestionParameter], given: Mapping[str, str]
) -> dict[str, SqlParameter]:
    """Return a value for each parameter of the question: the given one, or the default. Raises
    BadParameter."""
    known = {one.name: one for one in parameters}
    if unknown := sorted(given.keys() - known.keys()):
        raise BadParameter(f"{question} has no parameter {', '.join(unknown)}")
    return {name: one.parse(given.get(name, one.default)) for name, one in known.items()}


@cache
def ready_questions() -> Mapping[str, ReadyQuestion]:
    """Return the questions by name, in alphabetical order."""
    files = sorted(DIRECTORY.glob("*.sql"))
    return {one.name: one for one in (parse_question(file.read_text()) for file in files)}


def parse_question(text: str) -> ReadyQuestion:
    """Parse a question's file. Raises KeyError or ValueError if the header is incomplete."""
    header: dict[str, list[str]] = {}
    for key, value in _read_header(text):
        header.setdefault(key, []).append(value)
    return ReadyQuestion(
        name=header["name"][0],
        title=Text(header["title"][0], header["title.ru"][0]),
        description=Text(header["description"][0], header["description.ru"][0]),
        parameters=tuple(_parse_parameter(one) for one in header.get("parameter", [])),
        plot=_parse_plot(header["plot"][0]),
        sql="\n".join(line for line in text.splitlines() if not line.startswith("--")),
    )


def read_saved(text: str) -> tuple[str | None, dict[str, Any]]:
    """Return the name, if there is one, and the body with which a question is saved, from a file
    with such a header. It needs a `title`, in any language. Raises ValueError."""
    header = list(_read_header(text))
    of = dict(header)
    if "title" not in of:
        raise ValueError("the header has no `-- title: ...`")
    parameters = [_parse_parameter(value) for key, value in header if key == "parameter"]
    body = {
        "sql": "\n".join(text.splitlines()[len(header) :]).strip(),
        "title": of["title"],
        "description": of.get("description", ""),
        "parameters": [one._asdict() for one in parameters],
        "plot": _parse_plot(of["plot"]).describe() if "plot" in of else None,
    }
    return of.get("name"), body


def write_saved(question: Mapping[str, Any]) -> str:
    """Return the file from which `read_saved` reads this question, as its route answers it. Raises
    ValueError if the header cannot hold it, for example a title with a line break."""
    lines = [("name", question["name"]), ("title", question["title"])]
    if question["description"]:
        lines.append(("description", question["description"]))
    for one in question["parameters"]:
        lines.append(("parameter", f"{one['name']} {one['kind']} = {one['default']}"))
    if (plot := question["plot"]) is not None:
        by = [] if plot["by"] is None else ["by", plot["by"]]
        lines.append(("plot", " ".join([plot["kind"], plot["x"], *plot["ys"], *by])))
    header = "".join(f"-- {key}: {value}\n" for key, value in lines)
    written = f"{header}\n{question['sql'].strip()}\n"
    name, body = read_saved(written)
    if name != question["name"] or any(body[key] != _strip(question[key]) for key in body):
        raise ValueError(f"no file can hold {question['name']} as it is")
    return written


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _read_header(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if not line.startswith("-- "):
            return
        key, _, value = line[3:].partition(": ")
        yield key, value


def _parse_parameter(line: str) -> QuestionParameter:
    declared, _, default = line.partition(" = ")
    name, kind = declared.split()
    return QuestionParameter(name, kind, default)


def _parse_plot(line: str) -> Plot:
    drawn, _, by = line.partition(" by ")
    kind, x, *ys = drawn.split()
    return Plot(kind, x, tuple(ys), by or None)
