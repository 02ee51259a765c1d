"""US dollars as people read them."""

from __future__ import annotations

from decimal import Decimal

CENT = Decimal("0.01")


def usd_text(usd: Decimal | float | None) -> str:
    """`$1.90`; less than a few cents with what it is exactly: `$0.003`."""
    amount = Decimal(str(usd or 0))
    if amount and abs(amount) < 10 * CENT and amount != amount.quantize(CENT):
        return f"${amount.normalize():f}"
    return f"${amount:.2f}"
