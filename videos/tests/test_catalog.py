"""The catalog of models: what it holds now, and that other models are only entries."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from videos.catalog.loader import (
    UnknownModel,
    catalog,
    default_model_key,
    footage_of,
    get_model,
    load_catalog,
)
from videos.catalog.types import AnyLength, Input, MadeLength, Model, Price, Size
from videos.footage import Footage, Length, Order
from videos.strict_yaml import YamlError

HAILUO = """
default: hailuo
models:
  hailuo:
    name: Hailuo 2.3 Fast
    description: Moves a still.
    kind: video
    provider: replicate
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
    price: {unit: length, by_seconds: {"6": "0.19", "10": "0.32"}}
    makes: [image_to_video]
    prompt_characters: 2000
"""


@pytest.fixture
def load(tmp_path: Path):
    def load_text(text: str) -> dict[str, Model]:
        path = tmp_path / "models.yaml"
        path.write_text(text, encoding="utf-8")
        return dict(load_catalog(path)[1])

    return load_text


def test_the_visualizer_is_in_the_catalog_and_the_default():
    assert default_model_key() == "visualizer"
    assert get_model("visualizer") is catalog()["visualizer"]


def test_the_visualizer_is_free_and_makes_any_length_in_all_formats():
    model = get_model("visualizer")
    assert (model.name, model.kind, model.provider, model.is_builtin) == (
        "Visualizer",
        "video",
        "builtin",
        True,
    )
    assert model.lengths == AnyLength(Decimal(0), None)
    assert model.price == Price("free")
    assert model.price.is_free
    assert model.frame_rate == Fraction(24)
    assert model.sizes == {
        "16:9": Size(1920, 1080, "16:9"),
        "9:16": Size(1080, 1920, "9:16"),
        "1:1": Size(1080, 1080, "1:1"),
    }
    assert model.abilities == ("seed", "text_to_video")
    assert footage_of(model) == Footage("visualizer")


def test_an_unknown_model_is_refused_by_name():
    with pytest.raises(UnknownModel, match="zeroscope"):
        get_model("zeroscope")


def test_another_model_is_only_another_entry(load):
    model = load(HAILUO)["hailuo"]
    assert model.slug == "minimax/hailuo-2.3-fast"
    assert model.inputs["first_frame"] == Input("first_frame_image", "image", is_required=True)
    assert model.inputs["seconds"] == Input("duration", "choice", choices=(6, 10))
    assert model.inputs["prompt"].name == "prompt"
    assert model.fixed == {"resolution": "768p", "prompt_optimizer": True}
    assert model.lengths == (MadeLength(Decimal(6), 141), MadeLength(Decimal(10), 237))
    assert model.abilities == ("first_frame", "image_to_video")
    assert model.prompt_characters == 2000
    assert not model.is_builtin


def test_the_footage_of_a_model_with_a_price_for_each_length(load):
    footage = footage_of(load(HAILUO)["hailuo"])
    assert footage.lengths == (Length(Decimal(6), 141), Length(Decimal(10), 237))
    assert footage.order_for(72) == Order(Decimal(6), 141, Decimal("0.19"))
    assert footage.order_for(142) == Order(Decimal(10), 237, Decimal("0.32"))
    assert footage.order_for(238) is None


def test_the_footage_of_a_model_that_makes_81_frames_at_16_per_second(load):
    text = (
        HAILUO.replace("      - {seconds: 6, made_frames: 141}\n", "")
        .replace("{seconds: 10, made_frames: 237}", "{seconds: 5, made_frames: 81}")
        .replace("frame_rate: 24", "frame_rate: 16")
        .replace(
            '{unit: length, by_seconds: {"6": "0.19", "10": "0.32"}}', "{unit: clip, usd: '0.05'}"
        )
    )
    footage = footage_of(load(text)["hailuo"])
    assert footage.lengths == (Length(Decimal(5), 121),)
    assert footage.order_for(121) == Order(Decimal(5), 121, Decimal("0.05"))


def test_the_footage_of_a_model_that_is_paid_by_the_second_in_any_length(load):
    start = HAILUO.index("    lengths:")
    text = (
        HAILUO[:start]
        + """    lengths: {min_seconds: 2, max_seconds: 12}
    frame_rate: 24
    sizes: {"16:9": {width: 1280, height: 720}}
    price: {unit: second, usd: "0.036"}
    makes: [text_to_video, image_to_video]
"""
    )
    footage = footage_of(load(text)["hailuo"])
    assert footage == Footage(
        "hailuo", min_frames=48, max_frames=288, usd_per_second=Decimal("0.036")
    )
    assert footage.order_for(24) == Order(Decimal(2), 48, Decimal("0.072"))
    assert footage.order_for(96) == Order(Decimal(4), 96, Decimal("0.144"))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("kind: video", "kind: smell", "hailuo: kind should be one of video, not smell"),
        ("name: Hailuo 2.3 Fast", "title: x", "hailuo: name should be a text"),
        ("kind: video", "kind: video\n    knd: x", "hailuo: unknown field knd"),
        ("minimax/hailuo", "hailuo", 'hailuo: slug should be "owner/name"'),
        ("default: hailuo", "default: wan", "default names wan, which is not in the list"),
        ("type: image", "type: smell", "first_frame: type should be one of"),
        (", choices: [6, 10]", "", "seconds: choices belong to the type choice, and to it alone"),
        ("seconds: 6,", "seconds: 12,", "lengths should rise"),
        ("seconds: 6,", "seconds: six,", "lengths: seconds should be a number"),
        ("seconds: 6,", "seconds: 0,", "lengths: seconds should be above zero"),
        ("made_frames: 141", "made_frames: 0", "made_frames should be a whole number of 1 or"),
        ("frame_rate: 24", "frame_rate: 0", "frame_rate should be above zero"),
        ("frame_rate: 24", "frame_rate: .nan", "frame_rate should be a finite number"),
        ('"16:9"', '"4:3"', "sizes should be given for some of 16:9, 9:16, 1:1"),
        ("width: 1366", "width: wide", "width should be a whole number of 16 or more"),
        ('"6": "0.19", ', "", "price should name each of the lengths and no other"),
        ('"0.19"', '"-1"', "price: usd should be above zero"),
        ('"0.19"', '"cheap"', "price: by_seconds should map numbers to numbers"),
        ("unit: length", "unit: pound", "price: unit should be one of free, second, clip, length"),
        ("[image_to_video]", "[]", "makes should list some of text_to_video, image_to_video"),
        ("first_frame: {name", "last_frame: {name", "makes names image_to_video, but there is no"),
        ("      first_frame:", "      smell:", "inputs has no use for smell"),
        ("{resolution: 768p", "{duration: 6", "inputs would send duration twice"),
        ("      prompt:", "      negative_prompt:", "inputs should have a prompt"),
        ("{resolution: 768p", "{resolution: [1]", "fixed should hold texts, numbers, true or"),
        ("required: true}", "required: maybe}", "required should be true or false"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(load, old: str, new: str, sentence: str):
    assert old in HAILUO
    with pytest.raises(YamlError) as caught:
        load(HAILUO.replace(old, new, 1))
    assert sentence in str(caught.value)


def test_a_file_that_is_no_yaml_is_refused(load):
    with pytest.raises(YamlError, match=r"^models\.yaml: "):
        load("models: [")
    with pytest.raises(YamlError, match="should be a mapping of names to values"):
        load("- 1")
