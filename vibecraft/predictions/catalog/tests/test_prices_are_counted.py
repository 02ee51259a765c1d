"""How many units of which variant a call costs, as asked and as the service has measured it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from vibecraft.predictions.catalog import build_input, get_model, pricing

WORDS = get_model("gpt-5-structured")


def test_the_visualizer_costs_nothing():
    model = get_model("visualizer")
    assert pricing.units(model, {}) == (Decimal(0), "")
    assert pricing.measured(model, {}, {}) == (Decimal(0), "")
    assert pricing.list_price(model, {}) == 0


@pytest.mark.parametrize(
    ("key", "metrics", "units"),
    [
        ("veo-3.1-fast", {"video_output_duration_seconds": 4.0}, (Decimal("4.0"), "silent")),
        ("flux-schnell", {"image_output_count": 1}, (Decimal(1), "any")),
        ("latentsync", {"predict_time": 31.25}, (Decimal("31.25"), "a100-80gb")),
        ("stable-audio-2.5", {}, (Decimal(1), "any")),
        ("veo-3.1-fast", {"predict_time": 90.0}, None),
        ("veo-3.1-fast", {"video_output_duration_seconds": "four"}, None),
        ("veo-3.1-fast", {"video_output_duration_seconds": float("nan")}, None),
        ("veo-3.1-fast", {"video_output_duration_seconds": -1}, None),
        ("flux-schnell", {"image_output_count": True}, None),
        ("gpt-5-structured", {"input_token_count": 5}, None),
    ],
)
def test_what_was_measured_goes_before_what_was_asked(
    key: str, metrics: dict[str, Any], units: tuple[Decimal, str] | None
):
    model = get_model(key)
    assert pricing.measured(model, dict(model.fixed), metrics) == units


def test_a_token_written_counts_for_eight_read():
    metrics = {"input_token_count": 1000, "output_token_count": 500}
    found = pricing.measured(WORDS, dict(WORDS.fixed), metrics)
    assert found == (Decimal(5000), "gpt-5-mini")
    assert pricing.usd(Decimal(5000), WORDS.price.usd["gpt-5-mini"]) == Decimal("0.001250")


def test_words_are_guessed_by_their_length():
    sent = build_input(WORDS, {"prompt": "x" * 4000, "schema": {"type": "object"}})
    quantity, variant = pricing.units(WORDS, sent)
    assert variant == "gpt-5-mini"
    assert 21_000 < quantity < 21_100
    assert Decimal("0.0052") < pricing.list_price(WORDS, sent) < Decimal("0.0054")


def test_a_length_that_is_not_made_has_no_price():
    with pytest.raises(ValueError, match=r"veo-3\.1-fast"):
        pricing.units(get_model("veo-3.1-fast"), {"duration": 5})
