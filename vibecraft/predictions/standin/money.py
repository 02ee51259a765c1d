"""Accounts, their limits and credit, and the ledger of what was charged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from vibecraft.predictions.standin.catalog import Model

LOW_CREDIT = Decimal(5)
# Requests a minute, and how many at once. Reads of one prediction have a bucket of their own.
LIMITS = {"create": (600, 600), "read": (60_000, 60_000), "other": (3000, 3000)}
LOW_LIMIT = (6, 1)
CENTS = Decimal("0.000001")


@dataclass
class Bucket:
    """Tokens that come back evenly over a minute of the service's time."""

    per_minute: int
    burst: int
    tokens: float = 0.0
    filled_at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = float(self.burst)

    def take(self, now: float) -> int:
        """0 if a request may pass, else the whole seconds until one may."""
        grown = (now - self.filled_at) * self.per_minute / 60
        self.tokens, self.filled_at = min(self.burst, self.tokens + grown), now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0
        return max(1, math.ceil((1 - self.tokens) * 60 / self.per_minute))


@dataclass
class Account:
    """One customer. Secrets are the account's, as in the service: one for webhooks, one for files."""

    username: str
    token: str
    balance: Decimal
    webhook_key: str
    files_key: str
    has_payment_method: bool = True
    limits: dict[str, tuple[int, int]] = field(default_factory=lambda: dict(LIMITS))
    buckets: dict[str, Bucket] = field(default_factory=dict)

    @property
    def limited_because(self) -> str | None:
        """Why creation is slowed down: no_payment, low_credit or nothing."""
        if not self.has_payment_method:
            return "no_payment"
        return "low_credit" if self.balance < LOW_CREDIT else None

    def bucket(self, name: str) -> Bucket:
        limit = self.limits[name]
        if name == "create" and self.limited_because:
            name, limit = "low", LOW_LIMIT
        if name not in self.buckets:
            self.buckets[name] = Bucket(*limit)
        return self.buckets[name]

    def as_json(self) -> dict[str, Any]:
        return {
            "username": self.username,
            "balance": float(self.balance),
            "has_payment_method": self.has_payment_method,
            "webhook_secret": self.webhook_key,
            "files_secret": self.files_key,
            "limits": self.limits,
        }


def throttled(reason: str | None, seconds: int, *, per_minute: int = 6, burst: int = 1) -> str:
    """The text of a 429 answer, as the service writes it."""
    until = {
        "low_credit": " while you have less than $5.0 in credit",
        "no_payment": " until you add a payment method",
    }.get(reason or "")
    limit = (
        f" Your rate limit for creating predictions is reduced to {per_minute} requests per minute"
        f" with a burst of {burst} requests{until}."
        if until
        else ""
    )
    return f"Request was throttled.{limit} Your rate limit resets in ~{seconds}s."


@dataclass(frozen=True)
class Entry:
    """One charge: `amount` USD = `quantity` units at the catalog's price."""

    number: int
    account: str
    prediction: str
    model: str
    attempt: str | None
    input_hash: str
    reason: str
    unit: str
    quantity: float
    amount: Decimal
    at: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"amount": float(self.amount)}


def price(
    model: Model, values: Mapping[str, Any], metrics: Mapping[str, float]
) -> tuple[float, Decimal]:
    """(units, USD) of one finished prediction; `metrics` are all of them, shown or not."""
    amount = model.price.amount_for(values)
    unit = model.price.unit
    if unit == "token":
        used = metrics.get("input_token_count", 0)
        made = metrics.get("output_token_count", 0)
        cost = amount.input * Decimal(str(used)) + amount.output * Decimal(str(made))
        return used + made, cost.quantize(CENTS)
    quantity = {
        "second": metrics.get("video_output_duration_seconds", 0.0),
        "video": metrics.get("video_output_count", 1),
        "image": metrics.get("image_output_count", 1),
        "hardware": metrics["predict_time"],
    }.get(unit, 1)
    return quantity, (amount.amount * Decimal(str(quantity))).quantize(CENTS)
