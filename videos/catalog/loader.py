"""The catalog of models: read once from models.yaml, with every field checked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from vibecraft.media.frames import FRAME_RATE, total_frames
from videos.catalog.types import (
    ASPECT_RATIOS,
    INPUT_TYPES,
    KINDS,
    PRICE_UNITS,
    PROVIDERS,
    START,
    AnyLength,
    Input,
    MadeLength,
    Model,
    Price,
    Scalar,
    Size,
)
from videos.footage import Footage, Length
from videos.strict_yaml import Node, read_yaml

MODELS_FILE = Path(__file__).with_name("models.yaml")
INPUT_NAMES = (
    "prompt",
    "negative_prompt",
    "seed",
    "seconds",
    "aspect_ratio",
    "first_frame",
    "last_frame",
    "reference",
    "audio",
)


class UnknownModel(KeyError):
    """No model of this name is in the catalog."""


@cache
def _read(path: Path) -> tuple[str, Mapping[str, Model]]:
    return load_catalog(path)


def catalog() -> Mapping[str, Model]:
    """Return all models by key, in the order of the file."""
    return _read(MODELS_FILE)[1]


def default_model_key() -> str:
    """Return the key of the model that a new video gets."""
    return _read(MODELS_FILE)[0]


def get_model(key: str) -> Model:
    """Return one model. Raises `UnknownModel`."""
    try:
        return catalog()[key]
    except KeyError as error:
        raise UnknownModel(key) from error


def load_catalog(path: Path) -> tuple[str, Mapping[str, Model]]:
    """Read a catalog file: the key of the default model, and all models by key.

    Raises `YamlError` with the place and what is wrong with it.
    """
    root = read_yaml(path)
    default = root.text("default")
    models = root.child("models").children(read_model)
    root.end()
    if default not in models:
        raise root.error("default", f"names {default}, which is not in the list")
    return default, MappingProxyType(models)


def read_model(key: str, node: Node) -> Model:
    """Read one entry. Raises `YamlError`."""
    model = Model(
        key=key,
        name=node.text("name"),
        description=node.text("description"),
        kind=node.choice("kind", KINDS),
        provider=node.choice("provider", PROVIDERS),
        slug=node.text("slug", ""),
        version=node.text("version", ""),
        inputs=MappingProxyType(node.child("inputs").children(_read_input)),
        fixed=MappingProxyType(_read_scalars(node, "fixed")),
        lengths=_read_lengths(node),
        frame_rate=_read_frame_rate(node),
        sizes=MappingProxyType(node.child("sizes").children(_read_size)),
        price=_read_price(node.child("price")),
        makes=node.texts("makes"),
        prompt_characters=(
            node.whole("prompt_characters", at_least=1) if "prompt_characters" in node else None
        ),
    )
    node.end()
    _check_whole(model, node)
    return model


def _check_whole(model: Model, node: Node) -> None:
    """Refuse what is right field by field but makes no sense together."""
    if model.provider == "replicate" and model.slug.count("/") != 1:
        raise node.error("slug", 'should be "owner/name"')
    _check_inputs(model, node)
    if not model.sizes or set(model.sizes) - set(ASPECT_RATIOS):
        raise node.error("sizes", f"should be given for some of {', '.join(ASPECT_RATIOS)}")
    if not model.makes or set(model.makes) - set(START):
        raise node.error("makes", f"should list some of {', '.join(START)}")
    if "image_to_video" in model.makes and "first_frame" not in model.inputs:
        raise node.error("makes", "names image_to_video, but there is no input first_frame")
    _check_price(model, node)


def _check_inputs(model: Model, node: Node) -> None:
    unknown = sorted(set(model.inputs) - set(INPUT_NAMES))
    if unknown:
        raise node.error("inputs", f"has no use for {', '.join(unknown)}")
    if "prompt" not in model.inputs:
        raise node.error("inputs", "should have a prompt")
    theirs = [one.name for one in model.inputs.values()]
    twice = sorted({name for name in theirs if theirs.count(name) > 1 or name in model.fixed})
    if twice:
        raise node.error("inputs", f"would send {', '.join(twice)} twice")


def _check_price(model: Model, node: Node) -> None:
    """A price by length has to name every length that may be asked for, and no other."""
    if model.price.unit != "length":
        return
    priced = {seconds for seconds, _ in model.price.by_seconds}
    asked = (
        set()
        if isinstance(model.lengths, AnyLength)
        else {length.asked_seconds for length in model.lengths}
    )
    if priced != asked:
        raise node.error("price", "should name each of the lengths and no other")


def _read_input(name: str, node: Node) -> Input:
    read = Input(
        name=node.text("name", name),
        type=node.choice("type", INPUT_TYPES),
        is_required=node.flag("required", default=False),
        choices=tuple(_scalar(value, node, "choices") for value in node.items("choices")),
        minimum=node.number("minimum") if "minimum" in node else None,
        maximum=node.number("maximum") if "maximum" in node else None,
    )
    node.end()
    if (read.type == "choice") != bool(read.choices):
        raise node.error("choices", "belong to the type choice, and to it alone")
    if read.minimum is not None and read.maximum is not None and read.minimum > read.maximum:
        raise node.error("minimum", "is greater than the maximum")
    return read


def _read_scalars(node: Node, name: str) -> dict[str, Scalar]:
    value = node.raw(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise node.error(name, "should be a mapping of names to values")
    return {str(key): _scalar(one, node, name) for key, one in value.items()}


def _scalar(value: object, node: Node, name: str) -> Scalar:
    if not isinstance(value, str | int | float | bool):
        raise node.error(name, "should hold texts, numbers, true or false")
    return value


def _read_lengths(node: Node) -> tuple[MadeLength, ...] | AnyLength:
    if isinstance(node.raw("lengths"), list):
        return _read_length_list(node)
    return _read_any_length(node.child("lengths"))


def _read_length_list(node: Node) -> tuple[MadeLength, ...]:
    rate = _read_frame_rate(node)
    lengths = tuple(_read_length(item, rate, node.place) for item in node.items("lengths"))
    if not lengths:
        raise node.error("lengths", "should not be empty")
    if any(before.asked_seconds >= after.asked_seconds for before, after in pairwise(lengths)):
        raise node.error("lengths", "should rise")
    return lengths


def _read_length(item: object, frame_rate: Fraction, place: str) -> MadeLength:
    node = Node(item, f"{place}: lengths")
    asked = node.number("seconds")
    if asked <= 0:
        raise node.error("seconds", "should be above zero")
    usual = int(Fraction(asked) * frame_rate)
    made = node.whole("made_frames", at_least=1) if "made_frames" in node else usual
    node.end()
    return MadeLength(asked, made)


def _read_any_length(node: Node) -> AnyLength:
    shortest = node.number("min_seconds")
    longest = None if node.raw("max_seconds") is None else node.number("max_seconds")
    node.end()
    if shortest < 0 or (longest is not None and longest <= shortest):
        raise node.error("max_seconds", "should be above min_seconds")
    return AnyLength(shortest, longest)


def _read_frame_rate(node: Node) -> Fraction:
    rate = Fraction(node.number("frame_rate"))
    if rate <= 0:
        raise node.error("frame_rate", "should be above zero")
    return rate


def _read_size(aspect_ratio: str, node: Node) -> Size:
    size = Size(
        width=node.whole("width", at_least=16),
        height=node.whole("height", at_least=16),
        value=node.text("value", aspect_ratio),
    )
    node.end()
    return size


def _read_price(node: Node) -> Price:
    unit = node.choice("unit", PRICE_UNITS)
    if unit == "free":
        price = Price(unit)
    elif unit == "length":
        price = Price(unit, by_seconds=_read_prices(node))
    else:
        price = Price(unit, usd=node.number("usd"))
    node.end()
    amounts = [usd for _, usd in price.by_seconds] or [price.usd]
    if unit != "free" and min(amounts) <= 0:
        raise node.error("usd", "should be above zero")
    return price


def _read_prices(node: Node) -> tuple[tuple[Decimal, Decimal], ...]:
    prices = node.raw("by_seconds")
    if not isinstance(prices, Mapping) or not prices:
        raise node.error("by_seconds", "should map seconds to dollars")
    try:
        return tuple((Decimal(str(key)), Decimal(str(usd))) for key, usd in prices.items())
    except InvalidOperation as error:
        raise node.error("by_seconds", "should map numbers to numbers") from error


def footage_of(model: Model) -> Footage:
    """Return what the planner has to know of a model: lengths in house frames, and prices.

    What comes out is counted down to whole house frames, so that a clip of that length is filled.
    """
    per_second = model.price.usd if model.price.unit == "second" else Decimal(0)
    per_clip = model.price.usd if model.price.unit == "clip" else Decimal(0)
    if isinstance(model.lengths, AnyLength):
        longest = model.lengths.max_seconds
        return Footage(
            model.key,
            min_frames=max(1, total_frames(Fraction(model.lengths.min_seconds))),
            max_frames=None if longest is None else int(Fraction(longest) * FRAME_RATE),
            usd_per_second=per_second,
            usd_per_clip=per_clip,
        )
    return Footage(
        model.key,
        lengths=tuple(_house_length(length, model.frame_rate) for length in model.lengths),
        usd_per_second=per_second,
        usd_per_clip=per_clip,
        usd_by_length=model.price.by_seconds,
    )


def _house_length(length: MadeLength, frame_rate: Fraction) -> Length:
    """Count the house frames that lie wholly inside what the model makes."""
    return Length(length.asked_seconds, int(length.made_frames / frame_rate * FRAME_RATE))
