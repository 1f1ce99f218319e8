"""The error for what a person has written and nobody can take."""

from typing import Final

from contracts.values.languages import Text

BLANK: Final = Text(
    "Fill this in; blanks alone do not count.", "Заполните это поле: одних пробелов мало."
)
ENDS_WHEN_IT_BEGINS: Final = Text("It ends when it begins.", "Конец совпадает с началом.")


class UnfitValue(ValueError):
    """Says why, in a sentence for whoever fills in a form. Its message is the English one."""

    def __init__(self, en: str, ru: str) -> None:
        super().__init__(en)
        self.reason = Text(en, ru)
