"""Every entry against the stand-in's own description of the model: inputs, output, price."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from vibecraft.predictions.catalog import AnyLength, Model, build_input, get_model, pricing
from vibecraft.predictions.catalog.tests.asking import lengths, paid_models, requests, wishes
from vibecraft.predictions.standin import catalog, money, schema, shapes

SERVICE = catalog.load()
MODELS = paid_models()
VIDEOS = [model for model in MODELS if model.kind == "video"]
PICTURES = [model for model in MODELS if model.kind in ("video", "image")]


def by_key(model: Model) -> str:
    return model.key


@pytest.mark.parametrize("model", MODELS, ids=by_key)
def test_the_service_knows_the_model_and_its_version(model: Model):
    theirs = SERVICE.by_slug[model.slug]
    assert theirs.kind == model.kind
    assert model.version == ("" if theirs.is_official else theirs.version)


@pytest.mark.parametrize("model", MODELS, ids=by_key)
def test_everything_that_is_sent_is_taken_and_breaks_no_rule(model: Model):
    theirs = SERVICE.by_slug[model.slug]
    for sent in requests(model):
        assert schema.check_input(theirs, sent, strict=True) == []
        broken = [
            rule.error for rule in theirs.rules if rule.is_broken_by(theirs.values(sent), sent)
        ]
        assert broken == []


@pytest.mark.parametrize("model", MODELS, ids=by_key)
def test_nothing_is_made_with_a_sound_of_its_own(model: Model):
    theirs = SERVICE.by_slug[model.slug]
    sound = theirs.making.get("sound") if model.kind == "video" else None
    assert sound is None or model.fixed[sound] is False


@pytest.mark.parametrize("model", VIDEOS, ids=by_key)
def test_each_length_has_the_frames_and_the_rate_that_come(model: Model):
    theirs = SERVICE.by_slug[model.slug]
    assert not isinstance(model.lengths, AnyLength)
    for length in model.lengths:
        sent = build_input(model, wishes(model) | {"seconds": length.asked_seconds})
        made = shapes.video_length(theirs, theirs.values(sent))
        assert made == (length.made_frames, model.frame_rate)


@pytest.mark.parametrize("model", VIDEOS, ids=by_key)
def test_lengths_that_the_service_lists_are_all_offered(model: Model):
    asked = model.inputs.get("seconds")
    theirs = SERVICE.by_slug[model.slug]
    if asked is None:
        return
    wanted = next(one.schema for one in theirs.inputs if one.name == asked.name)
    offered = [length.sent for length in model.lengths]
    if "enum" in wanted:
        assert offered == wanted["enum"]
        assert list(asked.choices) == wanted["enum"]
    elif "maximum" in wanted:
        assert offered == list(range(wanted["minimum"], wanted["maximum"] + 1))


@pytest.mark.parametrize("model", PICTURES, ids=by_key)
def test_each_aspect_ratio_has_the_size_that_comes(model: Model):
    theirs = SERVICE.by_slug[model.slug]
    for ratio, size in model.sizes.items():
        sent = build_input(
            model,
            wishes(model) | {"aspect_ratio": ratio, "seconds": (lengths(model) or [None])[0]},
        )
        given = (size.width, size.height) if model.needs_first_frame else None
        values = theirs.values(sent)
        if model.kind == "video":
            assert shapes.video_shape(theirs, values, given).size == (size.width, size.height)
        else:
            assert shapes.image_size(theirs, values) == (size.width, size.height)


@pytest.mark.parametrize("model", MODELS, ids=by_key)
def test_the_estimate_is_what_the_service_charges(model: Model):
    theirs = SERVICE.by_slug[model.slug]
    for sent in requests(model):
        if model.price.unit == "token" or model.kind == "lipsync":
            continue  # their quantity is not known before: see the tests over HTTP
        values = theirs.values(sent)
        metrics = shapes.expected_metrics(theirs, values) | {"predict_time": theirs.seconds}
        _, charged = money.price(theirs, values, metrics)
        assert pricing.list_price(model, sent) == charged
        assert pricing.measured(model, sent, metrics) == pricing.units(model, sent)


@pytest.mark.parametrize("model", MODELS, ids=by_key)
def test_every_variant_of_a_price_is_the_services(model: Model):
    theirs = SERVICE.by_slug[model.slug]
    for tier in model.price.tiers:
        sent = {**model.fixed, **dict(tier.when)}
        if pricing.variant_of(model, sent) != tier.variant:
            continue  # only reached by what none of the tiers before it asks for
        amount = theirs.price.amount_for(theirs.values(sent))
        assert tier.usd == (amount.input or amount.amount)


def test_the_example_of_everyone_is_five_seconds_of_seedance():
    model = get_model("seedance-1-pro-fast")
    sent = build_input(model, {"prompt": "Rain", "seconds": Decimal(5), "aspect_ratio": "9:16"})
    assert sent == {
        "prompt": "Rain",
        "duration": 5,
        "aspect_ratio": "9:16",
        "resolution": "720p",
        "fps": 24,
    }
    assert pricing.units(model, sent) == (Decimal("5.042"), "720p")
    assert pricing.list_price(model, sent) == Decimal("0.126050")
    length = next(one for one in model.lengths if one.sent == 5)
    assert Fraction(length.made_frames) / model.frame_rate == Fraction(121, 24)
