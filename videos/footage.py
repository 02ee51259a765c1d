"""What a model can deliver: which lengths may be asked of it, how long they come out, the price.

The planner sees nothing of a model but this, so that a plan wastes as little of what is paid
for as it can and never holds a clip that the model cannot fill.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from vibecraft.media.frames import FRAME_RATE, total_frames
from vibecraft.predictions.catalog import pricing
from vibecraft.predictions.catalog.types import AnyLength, MadeLength, Model

ZERO = Decimal(0)
# The price of one unit of a variant of a model.
UsdOf = Callable[[Model, str], Decimal]


@dataclass(frozen=True)
class Length:
    """One length that may be asked for: `seconds` is asked, `frames` (24/s) is what comes."""

    seconds: Decimal
    frames: int


@dataclass(frozen=True)
class Order:
    """What is asked of a model for one clip: seconds, the frames that come of it, the price."""

    seconds: Decimal
    frames: int
    usd: Decimal


@dataclass(frozen=True)
class Footage:
    """The lengths and the price of one model.

    `lengths` lists what may be asked for. Where it is empty the model makes any whole number of
    frames from `min_frames` to `max_frames` (None: without end). The price of a clip is
    `usd_per_second` times the seconds asked for, plus `usd_per_clip`.
    """

    model: str
    lengths: tuple[Length, ...] = ()
    min_frames: int = 1
    max_frames: int | None = None
    usd_per_second: Decimal = ZERO
    usd_per_clip: Decimal = ZERO
    usd_by_length: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def longest(self) -> int | None:
        """The longest clip that can be filled, in frames; None where there is no limit."""
        if self.lengths:
            return max(length.frames for length in self.lengths)
        return self.max_frames

    @property
    def is_free(self) -> bool:
        """Whether nothing is ever paid for it."""
        return not (self.usd_per_second or self.usd_per_clip or self.usd_by_length)

    def order_for(self, frames: int) -> Order | None:
        """Return the cheapest order that fills `frames`, the shortest of equals; None if none."""
        orders = [self._order(length) for length in self._fitting(frames)]
        return min(orders, key=lambda order: (order.usd, order.frames), default=None)

    def orders_up_to(self, longest: int) -> tuple[Order | None, ...]:
        """Return the order for every number of frames from 0 to `longest`."""
        if not self.lengths:
            return tuple(self.order_for(frames) for frames in range(longest + 1))
        return self._orders_by_step(longest)

    def _orders_by_step(self, longest: int) -> tuple[Order | None, ...]:
        """Ask once for each length that comes, since nothing changes between two of them."""
        steps = sorted({length.frames for length in self.lengths})
        orders = [*(self.order_for(frames) for frames in steps), None]
        return tuple(orders[bisect_left(steps, frames)] for frames in range(longest + 1))

    def _fitting(self, frames: int) -> list[Length]:
        if self.lengths:
            return [length for length in self.lengths if length.frames >= frames]
        if self.max_frames is not None and frames > self.max_frames:
            return []
        made = max(frames, self.min_frames)
        return [Length(Decimal(made) / int(FRAME_RATE), made)]

    def _order(self, length: Length) -> Order:
        by_length = dict(self.usd_by_length).get(length.seconds, ZERO)
        usd = self.usd_per_second * length.seconds + self.usd_per_clip + by_length
        return Order(length.seconds, length.frames, usd)


def longest_common(footage: Footage, limit: int) -> int:
    """Return the longest clip, in frames, that both the model and `limit` allow."""
    return limit if footage.longest is None else min(limit, footage.longest)


def catalog_usd(model: Model, variant: str) -> Decimal:
    """The catalog's own price of one unit."""
    return model.price.usd[variant]


def footage_of(model: Model, usd_of: UsdOf = catalog_usd) -> Footage:
    """Return what the planner has to know of a model: lengths in house frames, and prices.

    What comes out is counted down to whole house frames, so that a clip of that length is filled.
    The price of each is what the call will cost, since what is truly made is paid.
    """
    if isinstance(model.lengths, AnyLength):
        longest = model.lengths.max_seconds
        return Footage(
            model.key,
            min_frames=max(1, total_frames(Fraction(model.lengths.min_seconds))),
            max_frames=None if longest is None else int(Fraction(longest) * FRAME_RATE),
        )
    return Footage(
        model.key,
        lengths=tuple(_house_length(length, model.frame_rate) for length in model.lengths),
        usd_by_length=tuple(
            (length.asked_seconds, _usd(model, length, usd_of)) for length in model.lengths
        ),
    )


def _house_length(length: MadeLength, frame_rate: Fraction) -> Length:
    """Count the house frames that lie wholly inside what the model makes."""
    return Length(length.asked_seconds, int(length.made_frames / frame_rate * FRAME_RATE))


def _usd(model: Model, length: MadeLength, usd_of: UsdOf) -> Decimal:
    asked = model.inputs.get("seconds")
    sent = dict(model.fixed) if asked is None else {**model.fixed, asked.name: length.sent}
    quantity, variant = pricing.units(model, sent)
    return pricing.usd(quantity, usd_of(model, variant)) if variant else ZERO
