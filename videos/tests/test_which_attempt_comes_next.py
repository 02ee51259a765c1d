"""After a call that went wrong: again, from words, by another model, or not at all."""

from __future__ import annotations

import pytest

from videos.attempts import Attempt, Next, Way, next_after

LITE, TEXT, LITE_TEXT = "seedance-1-lite", Way("wan-2.2-t2v-fast"), Way("seedance-1-lite")
FROM_PICTURE = Way(LITE, has_first_frame=True)
HAILUO = "hailuo-2.3-fast"
ONLY_PICTURES = Way(HAILUO, has_first_frame=True)
FALLBACK = Way("seedance-1-pro-fast")
IMAGE = Way("flux-schnell")


def following(target: str, *attempts: tuple[Way, str]) -> Next | None:
    return next_after([Attempt(way, code) for way, code in attempts], target=target)


@pytest.mark.parametrize("code", ["provider_failed", "provider_busy", "output_bad", "too_late"])
def test_what_can_pass_is_tried_three_times(code: str) -> None:
    once = (LITE_TEXT, code)
    assert following(LITE, once) == Next(LITE_TEXT, 10.0)
    assert following(LITE, once, once) == Next(LITE_TEXT, 60.0)
    assert following(LITE, once, once, once) is None


@pytest.mark.parametrize("code", ["refused_content", "bad_input", "no_credit", "canceled"])
def test_what_cannot_pass_is_not_tried_again(code: str) -> None:
    assert following(LITE, (LITE_TEXT, code)) is None


@pytest.mark.parametrize("code", ["refused_content", "bad_input"])
def test_a_refused_picture_is_left_out(code: str) -> None:
    assert following(LITE, (FROM_PICTURE, code)) == Next(LITE_TEXT)
    assert following(HAILUO, (ONLY_PICTURES, code)) == Next(FALLBACK)


def test_from_words_is_tried_once() -> None:
    refused = (FROM_PICTURE, "refused_content")
    assert following(LITE, refused, (LITE_TEXT, "refused_content")) is None
    refused = (ONLY_PICTURES, "refused_content")
    assert following(HAILUO, refused, (FALLBACK, "refused_content")) is None


def test_bad_outputs_count_as_attempts_before_the_picture_is_left_out() -> None:
    bad = (FROM_PICTURE, "output_bad")
    assert following(LITE, bad) == Next(FROM_PICTURE, 10.0)
    assert following(LITE, bad, bad, bad) == Next(LITE_TEXT)


def test_a_model_that_is_gone_is_replaced() -> None:
    assert following(HAILUO, (ONLY_PICTURES, "model_gone")) == Next(FALLBACK)


def test_an_image_that_cannot_be_made_is_done_without() -> None:
    assert following(HAILUO, (IMAGE, "refused_content")) == Next(FALLBACK)
    assert following(HAILUO, (IMAGE, "provider_failed")) == Next(IMAGE, 10.0)


@pytest.mark.parametrize("code", ["output_lost", "provider_auth"])
def test_the_users_money_is_not_spent_twice_without_asking(code: str) -> None:
    assert following(HAILUO, (ONLY_PICTURES, code)) is None
