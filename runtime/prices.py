"""Writes an amount of money for people, as their language does."""

from typing import Final

from babel.numbers import format_decimal, get_currency_symbol

from contracts.values.languages import Language
from runtime.local_times import LOCALES

_GAP: Final = "\N{NO-BREAK SPACE}"


def write_price(amount: float, currency: str | None, language: Language) -> str:
    """Return a price such as `€12.50` or `GEL 300`; in Russian `12,50 €`, `300 GEL`. Decimals are
    left out if there are none. Without a currency it is the number alone."""
    locale = LOCALES[language]
    number = format_decimal(amount, "#,##0" if amount == int(amount) else "#,##0.00", locale)
    if currency is None:
        return number
    symbol = get_currency_symbol(currency, locale)
    if language == "ru":
        return f"{number}{_GAP}{symbol}"
    return f"{symbol}{_GAP if symbol[-1].isalpha() else ''}{number}"
