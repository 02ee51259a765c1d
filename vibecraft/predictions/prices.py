"""What a call costs: the catalog's arithmetic with the prices that an operator has entered."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from vibecraft.predictions.catalog import Model, get_model, pricing
from vibecraft.predictions.models import Prediction, Price


def usd_of(model: Model, variant: str) -> Decimal:
    """The price of one unit: the newest entered one that is valid, else the catalog's."""
    entered = Price.objects.filter(
        model=model.key, variant=variant, valid_from__lte=timezone.now()
    ).order_by("-valid_from")
    newest = entered.first()
    return newest.usd if newest is not None else model.price.usd[variant]


def quote(model: Model, sent: Mapping[str, Any]) -> Decimal:
    """What a call will cost by what it will truly make."""
    quantity, variant = pricing.units(model, sent)
    return pricing.usd(quantity, usd_of(model, variant)) if variant else Decimal(0)


def charge(
    prediction: Prediction, metrics: Mapping[str, Any], seconds: Decimal | None = None
) -> tuple[Decimal, str]:
    """Return (USD, source) of a call that the service has charged.

    By what the service has measured ("metrics"), else by the seconds that the fetched file plays
    ("file"), else by what was asked for ("request").
    """
    model = get_model(prediction.model)
    found = pricing.measured(model, prediction.input, metrics)
    if found is not None:
        quantity, variant = found
        source = "metrics"
    elif model.price.unit == "second" and seconds is not None:
        quantity, variant = seconds, pricing.variant_of(model, prediction.input)
        source = "file"
    else:
        quantity, variant = pricing.units(model, prediction.input)
        source = "request"
    return (pricing.usd(quantity, usd_of(model, variant)) if variant else Decimal(0)), source
