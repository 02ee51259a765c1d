"""Which model makes the pictures of a video: whether it can, for how much, and in which formats."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils import timezone

from vibecraft.predictions.catalog import Model, models_of
from vibecraft.predictions.models import Price
from vibecraft.predictions.ordering import check_on, is_on
from vibecraft.problems import Problem, not_possible
from videos.footage import Footage, UsdOf, footage_of
from videos.models import Video


def price_list() -> UsdOf:
    """Today's prices of all models, read once: an operator's newest goes before the catalog's."""
    valid = Price.objects.filter(valid_from__lte=timezone.now()).order_by("valid_from")
    entered: Mapping[tuple[str, str], Decimal] = {
        (one.model, one.variant): one.usd for one in valid
    }

    def usd_of(model: Model, variant: str) -> Decimal:
        found = entered.get((model.key, variant))
        return model.price.usd[variant] if found is None else found

    return usd_of


def footage(model: Model) -> Footage:
    """What the planner has to know of a model, at today's prices."""
    return footage_of(model, price_list())


def find_model(key: str) -> Model:
    """A model that makes clips, as it is chosen. Raises Problem 400 `unknown_model`."""
    model = models_of("video").get(key)
    if model is None:
        sentence = f"There is no model “{key}”. Choose one from the list of models."
        raise Problem("unknown_model", sentence, errors={"model": [sentence]})
    return model


def model_of(video: Video) -> Model:
    """The model that was chosen for a video. Problem 409 `model_gone` once the catalog lacks it."""
    model = models_of("video").get(video.model)
    if model is None:
        raise model_gone(video)
    return model


def model_gone(video: Video) -> Problem:
    """The refusal of whatever the model of a video would have to make, or to say the price of."""
    way = "Choose another one." if video.is_editable else "Begin a new video with another one."
    sentence = f"The model “{video.model}” is not offered any more. {way}"
    return not_possible("model_gone", sentence, video_id=str(video.pk))


def is_available(model: Model) -> bool:
    """Whether it can be used here: what runs elsewhere needs a token."""
    return model.is_builtin or is_on()


def check_model(key: str) -> Model:
    """A model that can be used. Raises Problem: 400 `unknown_model`, 409 `ai_is_off`."""
    model = find_model(key)
    check_available(model)
    return model


def check_available(model: Model) -> None:
    """Raise Problem 409 `ai_is_off` where it cannot be used here."""
    if not model.is_builtin:
        check_on()


def check_format(model: Model, aspect_ratio: str) -> None:
    """Raise Problem 400 `format_not_made` where the model's pictures have another shape."""
    if aspect_ratio in model.sizes:
        return
    made = " and ".join(model.sizes)
    sentence = (
        f"{model.name} makes no pictures in {aspect_ratio}, only in {made}. "
        "Choose another format or another model."
    )
    raise Problem("format_not_made", sentence, errors={"aspect_ratio": [sentence]})
