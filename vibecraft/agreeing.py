"""Nothing starts at a price that was not shown: a form says the price of its button to the server."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.http import HttpRequest

from vibecraft.money import usd_text
from vibecraft.problems import not_possible


def agreed_usd(request: HttpRequest) -> Decimal:
    """The price at the button that was pressed; nothing where the form says none."""
    try:
        shown = Decimal(request.POST.get("agreed_usd", ""))
    except InvalidOperation:
        return Decimal(0)
    return shown if shown.is_finite() else Decimal(0)


def check_agreed(usd: Decimal, agreed_usd: Decimal | None, **about: str) -> None:
    """Problem 409 where something costs more than was agreed to; None agrees to any price."""
    if agreed_usd is not None and usd > agreed_usd:
        raise not_possible(
            "price_is_higher",
            f"Nothing was started: the price is now about {usd_text(usd)}. Press again to agree.",
            **about,
        )
