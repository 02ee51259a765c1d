"""What may be ordered of a model for a clip of a given length, and what it costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from videos.footage import Footage, Length, Order, longest_common

FREE = Footage("free")
STEPS = Footage(
    "steps",
    lengths=tuple(Length(Decimal(n), 24 * n) for n in (2, 3, 4)),
    usd_per_second=Decimal("0.06"),
)


def test_free_footage_is_made_as_long_as_the_clip_whatever_its_length():
    assert FREE.order_for(37) == Order(Decimal(37) / 24, 37, Decimal(0))
    assert FREE.longest is None
    assert FREE.is_free


@pytest.mark.parametrize(
    ("frames", "order"),
    [
        (1, Order(Decimal(2), 48, Decimal("0.12"))),
        (48, Order(Decimal(2), 48, Decimal("0.12"))),
        (49, Order(Decimal(3), 72, Decimal("0.18"))),
        (96, Order(Decimal(4), 96, Decimal("0.24"))),
        (97, None),
    ],
)
def test_the_shortest_length_that_fills_the_clip_is_ordered(frames: int, order: Order | None):
    assert STEPS.order_for(frames) == order
    assert not STEPS.is_free


def test_a_longer_length_is_ordered_where_it_costs_less():
    footage = Footage(
        "sale",
        lengths=(Length(Decimal(5), 120), Length(Decimal(6), 144)),
        usd_by_length=((Decimal(5), Decimal("0.30")), (Decimal(6), Decimal("0.25"))),
    )
    assert footage.order_for(100) == Order(Decimal(6), 144, Decimal("0.25"))


def test_footage_is_no_shorter_than_the_model_makes():
    footage = Footage("least", min_frames=48, max_frames=120, usd_per_second=Decimal("0.1"))
    assert footage.order_for(24) == Order(Decimal(2), 48, Decimal("0.2"))
    assert footage.order_for(120) == Order(Decimal(5), 120, Decimal("0.5"))
    assert footage.order_for(121) is None


@pytest.mark.parametrize("footage", [FREE, STEPS, Footage("x", min_frames=30, max_frames=50)])
def test_orders_for_all_lengths_are_the_orders_for_each(footage: Footage):
    assert footage.orders_up_to(120) == tuple(footage.order_for(frames) for frames in range(121))


def test_the_longest_clip_is_what_the_model_and_the_rules_allow():
    assert longest_common(FREE, 240) == 240
    assert longest_common(STEPS, 240) == 96
    assert longest_common(Footage("long", max_frames=500), 240) == 240
