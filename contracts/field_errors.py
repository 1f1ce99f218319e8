"""The sentences for wrong fields of a body, for whoever fills in a form.

Types of errors and the members of their contexts are those of pydantic. What only a wrong
program can cause has no sentence here: pydantic's own is for programmers.
"""

from collections.abc import Mapping
from typing import Any, Final

from contracts.error_codes import ERROR_TEXTS, is_error_code
from contracts.values.languages import Text
from contracts.values.unfit import BLANK, UnfitValue

_SENTENCES: Final[dict[str, Text]] = {
    "string_too_long": Text(
        "At most {max_length} characters.", "Символов может быть не больше {max_length}."
    ),
    "string_too_short": BLANK,
    "too_short": Text("Choose at least {min_length}.", "Выберите хотя бы {min_length}."),
    "too_long": Text("At most {max_length} of them.", "Их может быть не больше {max_length}."),
    "greater_than_equal": Text("At least {ge:.10g}.", "Не меньше {ge:.10g}."),
    "less_than_equal": Text("At most {le:.10g}.", "Не больше {le:.10g}."),
    "int_type": Text("Enter a whole number.", "Введите целое число."),
    "float_type": Text("Enter a number.", "Введите число."),
}


def explain_field_error(kind: str, context: Mapping[str, Any]) -> Text | None:
    """Return why a field is wrong; None if only a wrong program can cause such an error."""
    raised = context.get("error")
    if isinstance(raised, UnfitValue):
        return raised.reason
    if is_error_code(kind):
        return ERROR_TEXTS[kind]
    sentence = _SENTENCES.get(kind)
    return sentence and Text(*(one.format_map(context) for one in sentence))
