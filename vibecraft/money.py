"""US dollars as people read them, and as databases add them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import DecimalField
from django.db.models.functions import Round

CENT = Decimal("0.01")
# SQLite adds in binary fractions: rounded here, a sum of prices is exact there as well.
USD_PLACES = 6


def usd_text(usd: Decimal | float | None) -> str:
    """`$1.90`; less than a few cents with what it is exactly: `$0.003`."""
    amount = Decimal(str(usd or 0))
    if amount and abs(amount) < 10 * CENT and amount != amount.quantize(CENT):
        return f"${amount.normalize():f}"
    return f"${amount:.2f}"


def usd_sum(expression: Any) -> Round:
    """A sum of prices, for queries and updates."""
    return Round(
        expression,
        precision=USD_PLACES,
        output_field=DecimalField(max_digits=12, decimal_places=USD_PLACES),
    )
