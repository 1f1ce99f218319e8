"""Checks amounts of money. They are information only: nobody pays here."""

from decimal import Decimal
from typing import Final

from contracts.values.unfit import UnfitValue

DECIMALS_MAX: Final = 2


def demand_cents(amount: float) -> float:
    """Return `amount`, and 0.0 for -0.0. Raises UnfitValue if it has over two decimals."""
    exponent = _decimal(amount).normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > DECIMALS_MAX:
        raise UnfitValue(
            f"At most {DECIMALS_MAX} decimals.",
            f"Знаков после запятой может быть не больше {DECIMALS_MAX}.",
        )
    return _unsigned_zero(amount)


def _decimal(amount: float) -> Decimal:
    """Return the number that was written, not the binary one next to it."""
    return Decimal(repr(_unsigned_zero(amount)))


def _unsigned_zero(amount: float) -> float:
    return amount or 0.0
