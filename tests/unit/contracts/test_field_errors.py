"""Whoever fills in a form reads why a field is wrong, in either language."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from contracts.field_errors import explain_field_error
from contracts.values.languages import Text
from contracts.values.prices import demand_cents
from contracts.values.text import clean_line, clean_lines, demand_visible
from contracts.values.zones import demand_zone


class Form(BaseModel):
    model_config = ConfigDict(strict=True)

    title: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
    ] = ""
    line: Annotated[str, AfterValidator(clean_line)] = ""
    lines: Annotated[str, AfterValidator(clean_lines), AfterValidator(demand_visible)] = ""
    seats: Annotated[int, Field(ge=1, le=10_000)] = 1
    price: Annotated[float, Field(ge=0, le=1_000_000), AfterValidator(demand_cents)] = 1.0
    zone: Annotated[str, AfterValidator(demand_zone)] = ""
    choices: Annotated[list[str], Field(min_length=1, max_length=2)] = []
    kind: Literal["evening"] = "evening"


BLANK = ("Fill this in; blanks alone do not count.", "Заполните это поле: одних пробелов мало.")
WRONG: list[tuple[str, Any, tuple[str, str]]] = [
    ("title", "  ", BLANK),
    ("title", "x" * 201, ("At most 200 characters.", "Символов может быть не больше 200.")),
    ("line", "\u2060", BLANK),
    ("line", "a\nb", ("It is one line, without line breaks.", "Здесь одна строка, без переносов.")),
    ("lines", "\n \n", BLANK),
    ("lines", "\u202e", ("It has a forbidden character, U+202E.", "Недопустимый символ: U+202E.")),
    ("seats", 0, ("At least 1.", "Не меньше 1.")),
    ("seats", 10_001, ("At most 10000.", "Не больше 10000.")),
    ("seats", 2.5, ("Enter a whole number.", "Введите целое число.")),
    ("price", "abc", ("Enter a number.", "Введите число.")),
    ("price", 2e6, ("At most 1000000.", "Не больше 1000000.")),
    ("price", 1.005, ("At most 2 decimals.", "Знаков после запятой может быть не больше 2.")),
    ("zone", "localtime", ("This is not an IANA time zone.", "Такого часового пояса нет.")),
    ("choices", [], ("Choose at least 1.", "Выберите хотя бы 1.")),
    ("choices", ["a", "b", "c"], ("At most 2 of them.", "Их может быть не больше 2.")),
]


def explain(field: str, value: Any) -> Text | None:
    with pytest.raises(ValidationError) as refused:
        Form.model_validate({field: value})
    (error,) = refused.value.errors()
    return explain_field_error(error["type"], error.get("ctx", {}))


@pytest.mark.parametrize(("field", "value", "reason"), WRONG)
def test_what_a_person_can_get_wrong_is_explained_to_them(
    field: str, value: Any, reason: tuple[str, str]
) -> None:
    assert explain(field, value) == reason


def test_a_code_of_the_catalogue_has_the_text_of_the_catalogue() -> None:
    assert explain_field_error("time_in_past", {}) == (
        "The time lies in the past.",
        "Время уже прошло.",
    )


def test_what_only_a_program_gets_wrong_is_left_to_pydantic() -> None:
    assert explain("kind", "other") is None
    assert explain("line", 1) is None
