"""An amount of money as it is stated and shown. Information only: nobody pays here."""

from decimal import Decimal
from typing import Final

DECIMALS_MAX: Final = 2


def demand_cents(amount: float) -> float:
    """`amount`, and 0.0 for -0.0. Raises ValueError if it has more than two decimals."""
    exponent = _decimal(amount).normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > DECIMALS_MAX:
        raise ValueError(f"more than {DECIMALS_MAX} decimals")
    return _unsigned_zero(amount)


def amount_text(amount: float) -> str:
    """As people write it: `1000000`, `199999.99`, `0.50`."""
    exact = _decimal(amount)
    if exact == exact.to_integral_value():
        return f"{exact:.0f}"
    return f"{exact:.{DECIMALS_MAX}f}"


def _decimal(amount: float) -> Decimal:
    """What was written, not the binary number next to it."""
    return Decimal(repr(_unsigned_zero(amount)))


def _unsigned_zero(amount: float) -> float:
    return amount or 0.0
