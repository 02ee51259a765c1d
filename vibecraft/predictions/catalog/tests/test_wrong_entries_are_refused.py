"""Another model is only another entry, and a wrong entry is refused with its place."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from vibecraft.predictions.catalog import (
    AnyLength,
    Input,
    MadeLength,
    Model,
    Price,
    Size,
    Tier,
    UnknownModel,
    catalog,
    default_key,
    get_model,
    models_of,
)
from vibecraft.predictions.catalog.loader import load_catalog
from vibecraft.strict_yaml import YamlError

HAILUO = """
hailuo:
  name: Hailuo 2.3 Fast
  description: Moves a still.
  slug: minimax/hailuo-2.3-fast
  inputs:
    prompt: {type: text, required: true}
    first_frame: {name: first_frame_image, type: image, required: true}
    seconds: {name: duration, type: choice, choices: [6, 10]}
  fixed: {resolution: 768p, prompt_optimizer: true}
  lengths:
    - {seconds: 6, made_frames: 141}
    - {seconds: 10, made_frames: 237}
  frame_rate: 24
  sizes:
    "16:9": {width: 1366, height: 768}
  price:
    unit: video
    tiers:
      - {variant: 10s, when: {duration: 10}, usd: "0.32"}
      - {variant: 6s, usd: "0.19"}
  makes: [image_to_video]
  prompt_characters: 2000
  run_seconds: 55
  deadline_seconds: 900
"""
LENGTHS = """  lengths:
    - {seconds: 6, made_frames: 141}
    - {seconds: 10, made_frames: 237}
"""


@pytest.fixture
def load(tmp_path: Path):
    def load_text(text: str) -> dict[str, Model]:
        (tmp_path / "video.yaml").write_text(text, encoding="utf-8")
        return dict(load_catalog(tmp_path))

    return load_text


def test_the_files_hold_the_models_of_each_kind():
    kinds = ("video", "image", "lipsync", "speech", "music", "words")
    assert {kind: len(models_of(kind)) for kind in kinds} == {
        "video": 16,
        "image": 5,
        "lipsync": 3,
        "speech": 2,
        "music": 3,
        "words": 1,
    }
    assert sum(len(models_of(kind)) for kind in kinds) == len(catalog())


def test_the_visualizer_is_free_and_makes_any_length_in_all_formats():
    model = get_model("visualizer")
    assert (model.name, model.kind, model.is_builtin) == ("Visualizer", "video", True)
    assert model.lengths == AnyLength(Decimal(0), None)
    assert model.price == Price("free")
    assert model.frame_rate == Fraction(24)
    assert model.sizes == {
        "16:9": Size(1920, 1080, "16:9"),
        "9:16": Size(1080, 1920, "9:16"),
        "1:1": Size(1080, 1080, "1:1"),
    }
    assert model.abilities == ("seed", "text_to_video")


def test_a_model_is_named_by_a_setting_and_pictures_are_drawn_here_without_a_token(
    settings: Any,
):
    settings.REPLICATE_API_TOKEN, settings.VIDEO_MODEL = "", "veo-3.1-fast"
    assert default_key("video") == "visualizer"
    assert default_key("image") == settings.IMAGE_MODEL
    settings.REPLICATE_API_TOKEN = "r8_test"
    assert default_key("video") == "veo-3.1-fast"
    settings.VIDEO_MODEL = "flux-schnell"
    with pytest.raises(UnknownModel, match="from VIDEO_MODEL"):
        default_key("video")


def test_an_unknown_model_is_refused_by_name():
    with pytest.raises(UnknownModel, match="sora-9"):
        get_model("sora-9")


def test_another_model_is_only_another_entry(load):
    model = load(HAILUO)["hailuo"]
    assert model.inputs["first_frame"] == Input("first_frame_image", "image", is_required=True)
    assert model.inputs["seconds"] == Input("duration", "choice", choices=(6, 10))
    assert model.inputs["prompt"].name == "prompt"
    assert model.fixed == {"resolution": "768p", "prompt_optimizer": True}
    assert model.lengths == (MadeLength(Decimal(6), 141, 6), MadeLength(Decimal(10), 237, 10))
    assert model.price.tiers == (
        Tier("10s", Decimal("0.32"), (("duration", 10),)),
        Tier("6s", Decimal("0.19")),
    )
    assert model.abilities == ("first_frame", "image_to_video")
    assert (model.needs_first_frame, model.takes_reference) == (True, False)
    assert not model.is_builtin


def test_lengths_are_written_as_a_list_or_as_a_range(load):
    text = HAILUO.replace(LENGTHS, "  lengths: {every_second: [2, 4], extra_frames: 1}\n")
    assert [one.made_frames for one in load(text)["hailuo"].lengths] == [49, 73, 97]
    text = HAILUO.replace(LENGTHS, "  lengths: {every_frame: [81, 82], at: 16}\n")
    text = text.replace("frame_rate: 24", "frame_rate: 30")
    assert load(text)["hailuo"].lengths == (
        MadeLength(Decimal("5.0625"), 152, 81),
        MadeLength(Decimal("5.125"), 154, 82),
    )
    text = HAILUO.replace(LENGTHS, "  lengths: {min_seconds: 2, max_seconds: 12}\n")
    assert load(text)["hailuo"].lengths == AnyLength(Decimal(2), Decimal(12))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("name: Hailuo 2.3 Fast", "title: x", "hailuo: name should be a text"),
        ("  slug:", "  knd: x\n  slug:", "hailuo: unknown field knd"),
        ("minimax/hailuo", "hailuo", 'hailuo: slug should be "owner/name"'),
        ("type: image", "type: smell", "first_frame: type should be one of"),
        (", choices: [6, 10]", "", "seconds: choices belong to the type choice, and to it alone"),
        ("seconds: 6,", "seconds: 12,", "lengths should rise"),
        ("seconds: 6,", "seconds: six,", "lengths: seconds should be a whole number of 1 or more"),
        ("made_frames: 141", "made_frames: 0", "made_frames should be a whole number of 1 or"),
        (LENGTHS, "  lengths: {every_second: [4, 2]}\n", "should be two whole numbers that rise"),
        (LENGTHS, "  lengths: []\n", "lengths should not be empty"),
        ("frame_rate: 24", "frame_rate: 0", "frame_rate should be above zero"),
        ("frame_rate: 24", "frame_rate: .nan", "frame_rate should be a finite number"),
        ('"16:9"', '"4:3"', "sizes should be given for some of 16:9, 9:16, 1:1"),
        ("width: 1366", "width: wide", "width should be a whole number of 16 or more"),
        ('"0.19"', '"-1"', "tiers: usd should be above zero"),
        ('"0.19"', '"cheap"', "tiers: usd should be a number"),
        ("{duration: 10}", "{smell: 10}", "price asks for smell, never sent"),
        ("variant: 6s", "variant: 10s", "price should name each variant once"),
        ("{variant: 6s,", "{variant: 6s, when: {duration: 6},", "end with a tier that always"),
        ("unit: video", "unit: pound", "price: unit should be one of free, second, video"),
        ("unit: video", "unit: free", "tiers belong to everything that is not free"),
        ("[image_to_video]", "[]", "makes should list, for a video, some of text_to_video"),
        ("[image_to_video]", "[text_to_video]", "the need of a first frame contradict"),
        ("first_frame: {name", "last_frame: {name", "makes names image_to_video, but there is no"),
        ("    first_frame:", "    smell:", "inputs has no use for smell"),
        ("{resolution: 768p", "{duration: 6", "inputs would send duration twice"),
        ("    prompt:", "    negative_prompt:", "inputs should have a prompt"),
        ("{resolution: 768p", "{resolution: [1]", "fixed should hold texts, numbers, true or"),
        ("required: true}", "required: maybe}", "required should be true or false"),
        ("required: true}", "needs: lyrics}", "prompt speaks of an input that is not there"),
        ("deadline_seconds: 900", "deadline_seconds: 9", "a whole number of 55 or more"),
        ("  makes:", "  fallback: sora\n  makes:", "fallback should name a model that makes"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(load, old: str, new: str, sentence: str):
    assert old in HAILUO
    with pytest.raises(YamlError) as caught:
        load(HAILUO.replace(old, new, 1))
    assert sentence in str(caught.value)


def test_what_stands_in_makes_the_same_sizes_and_lengths(load):
    other = HAILUO.replace("hailuo:", "words:", 1).replace("[image_to_video]", "[text_to_video]")
    other = other.replace(
        "    first_frame: {name: first_frame_image, type: image, required: true}\n", ""
    )
    asks = HAILUO.replace("  makes:", "  fallback: words\n  makes:")
    assert load(asks + other)["hailuo"].fallback == "words"
    with pytest.raises(YamlError, match="words does not make all of its sizes"):
        load(asks + other.replace('"16:9"', '"1:1"'))
    with pytest.raises(YamlError, match="words does not make all of its lengths"):
        load(asks + other.replace("made_frames: 237", "made_frames: 230"))


def test_a_file_that_is_no_yaml_is_refused(load):
    with pytest.raises(YamlError, match=r"^video\.yaml: "):
        load("models: [")
    with pytest.raises(YamlError, match="should be a mapping of names to values"):
        load("- 1")
