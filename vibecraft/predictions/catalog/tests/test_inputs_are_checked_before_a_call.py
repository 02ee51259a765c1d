"""What we wish becomes what one model takes, and what it cannot take is refused with a sentence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from vibecraft.predictions.catalog import build_input, check_input, get_model, pricing
from vibecraft.problems import Problem

PICTURE = {"$file": "users/1/still.jpg"}


def build(key: str, **values: Any) -> dict[str, Any]:
    return build_input(get_model(key), {"prompt": "A boat"} | values)


def refusal(key: str, **values: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        build(key, **values)
    assert (caught.value.code, caught.value.status) == ("bad_model_input", 400)
    return caught.value


def test_each_model_gets_its_own_names():
    assert build("kling-v2.1", first_frame=PICTURE, negative_prompt="text", seconds=10) == {
        "prompt": "A boat",
        "start_image": PICTURE,
        "negative_prompt": "text",
        "duration": 10,
        "mode": "standard",
    }
    assert build("zeroscope-v2-xl", seconds=3, aspect_ratio="9:16", seed=7) == {
        "prompt": "A boat",
        "num_frames": 24,
        "width": 576,
        "height": 1024,
        "seed": 7,
        "fps": 8,
        "model": "xl",
        "batch_size": 1,
    }


def test_seconds_become_frames_where_a_model_counts_frames():
    sent = build("wan-2.2-i2v-fast", first_frame=PICTURE, seconds=Decimal("5.0625"))
    assert (sent["num_frames"], sent["frames_per_second"]) == (81, 16)
    sent = build("wan-2.2-t2v-fast", seconds=Decimal("7.5625"), aspect_ratio="16:9")
    assert (sent["num_frames"], sent["interpolate_output"]) == (121, True)


def test_a_mere_wish_is_dropped_where_there_is_no_input_for_it():
    sent = build("flux-schnell", negative_prompt="text", reference=PICTURE, tempo=120)
    assert set(sent) == {
        "prompt",
        "num_outputs",
        "megapixels",
        "output_format",
        "output_quality",
    }


@pytest.mark.parametrize(
    ("key", "values", "sentence"),
    [
        ("wan-2.2-t2v-fast", {"first_frame": PICTURE}, "Text to Video Fast takes no first frame."),
        ("flux-schnell", {"seconds": 5}, "FLUX schnell decides itself how long its output is."),
        ("stable-audio-2.5", {"lyrics": "la la la la"}, "Stable Audio 2.5 takes no lyrics."),
        ("hailuo-2.3-fast", {"seconds": 6}, "Hailuo 2.3 Fast needs first frame."),
        ("veo-3.1-fast", {"seconds": 5}, "makes no clip of 5 s (from 4 s to 8 s)."),
        ("veo-3.1-fast", {"aspect_ratio": "1:1"}, "makes no pictures in 1:1, only in 16:9, 9:16."),
        ("veo-3.1-fast", {"seed": -1}, "Seed should be 0 or more, not -1."),
        ("veo-3.1-fast", {"seed": 1.5}, "Seed should be a whole number."),
        ("veo-3.1-fast", {"first_frame": "still.jpg"}, "First frame should be an image."),
        ("veo-3.1-fast", {"smell": "roses"}, "Veo 3.1 Fast takes no smell."),
        ("music-1.5", {"lyrics": "la"}, "Prompt should be 10 characters or more, not 6."),
        ("stable-audio-2.5", {"seconds": 191}, "Seconds should be 190 or less, not 191."),
        (
            "seedream-4",
            {"references": [PICTURE] * 11},
            "References should be 10 images or less, not 11.",
        ),
    ],
)
def test_what_is_the_point_is_refused(key: str, values: dict[str, Any], sentence: str):
    assert sentence in refusal(key, **values).sentence


def test_an_unknown_wish_is_never_sent():
    assert refusal("seedance-1-lite", seconds=5, num_frames=120).errors == {
        "num_frames": ["Seedance 1 Lite takes no num frames."]
    }


def test_a_character_is_given_as_each_model_takes_it():
    both = {"seconds": 5, "reference": PICTURE}
    assert build("seedance-1-lite", **both)["reference_images"] == [PICTURE]
    assert "reference_images" not in build("seedance-1-lite", **both, first_frame=PICTURE)
    assert build("flux-kontext-pro", references=[PICTURE])["input_image"] == PICTURE
    assert build("nano-banana", references=[PICTURE, PICTURE])["image_input"] == [PICTURE] * 2


def test_a_last_frame_goes_only_with_a_first_one():
    assert "end_image" not in build("kling-v2.5-turbo-pro", seconds=5, last_frame=PICTURE)
    both = build("kling-v2.5-turbo-pro", seconds=5, last_frame=PICTURE, first_frame=PICTURE)
    assert both["end_image"] == PICTURE


def test_prompts_of_stills_are_on_one_line_and_long_ones_end_at_a_word():
    assert build("flux-schnell", prompt="A boat\n\nat  dusk\n")["prompt"] == "A boat at dusk"
    assert build("veo-3.1-fast", prompt="A boat\nat dusk", seconds=4)["prompt"] == "A boat\nat dusk"
    cut = build("seedance-1-lite", prompt="boats " * 400, seconds=5)["prompt"]
    assert len(cut) == 1997
    assert cut.endswith("boats boats")


def test_a_lip_sync_is_priced_by_how_long_its_clip_plays():
    model = get_model("lipsync-2")
    values = {"video": {"$file": "a.mp4"}, "audio": {"$file": "b.wav"}}
    told = build_input(model, values | {"seconds": Decimal("4.5")})
    assert told["video"] == {"$file": "a.mp4", "seconds": 4.5}
    assert pricing.list_price(model, told) == Decimal("0.225")
    assert pricing.list_price(model, build_input(model, values)) == Decimal("0.5")


def test_what_is_sent_is_checked_by_the_models_own_names():
    model = get_model("veo-3.1-fast")
    sent = build("veo-3.1-fast", seconds=4, aspect_ratio="16:9")
    check_input(model, sent)
    for wrong in (
        {"image_url": "https://example.org/a.png"},
        {"generate_audio": True},
        {"duration": "4"},
        {"aspect_ratio": "2:1"},
    ):
        with pytest.raises(Problem):
            check_input(model, sent | wrong)
    with pytest.raises(Problem, match="needs prompt"):
        check_input(model, {name: value for name, value in sent.items() if name != "prompt"})
