"""Reading the catalog's files, with every field checked."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from vibecraft.predictions.catalog.lengths import longest_seconds, read_lengths
from vibecraft.predictions.catalog.types import (
    ASPECT_RATIOS,
    INPUT_TYPES,
    KINDS,
    PRICE_UNITS,
    PROVIDERS,
    START,
    Input,
    Model,
    Price,
    Scalar,
    Size,
    Tier,
)
from vibecraft.strict_yaml import Node, YamlError, read_yaml

# Our names of what can be given to a model.
INPUT_NAMES = (
    "prompt",
    "negative_prompt",
    "seed",
    "seconds",
    "aspect_ratio",
    "first_frame",
    "last_frame",
    "reference",
    "references",
    "audio",
    "video",
    "lyrics",
    "language",
    "schema",
    "system_prompt",
)
NEEDS_PROMPT = ("video", "image", "words")


def load_catalog(folder: Path) -> Mapping[str, Model]:
    """Read all files of a folder, each named by its kind: models by key.

    Raises `YamlError` with the place and what is wrong with it.
    """
    models: dict[str, Model] = {}
    for kind in KINDS:
        path = folder / f"{kind}.yaml"
        read = load_kind(path, kind) if path.exists() else {}
        twice = sorted(set(models).intersection(read))
        if twice:
            raise YamlError(f"{path.name}: {', '.join(twice)} is in another file too")
        models |= read
    for model in models.values():
        _check_fallback(model, models)
    return MappingProxyType(models)


def load_kind(path: Path, kind: str) -> dict[str, Model]:
    """Read one file. Raises `YamlError`."""
    return read_yaml(path).children(lambda key, node: read_model(key, node, kind))


def read_model(key: str, node: Node, kind: str) -> Model:
    """Read one entry. Raises `YamlError`."""
    is_video = kind == "video"
    frame_rate = _read_frame_rate(node) if is_video else Fraction(0)
    run_seconds = node.whole("run_seconds", at_least=0)
    model = Model(
        key=key,
        name=node.text("name"),
        description=node.text("description"),
        kind=kind,
        provider=node.choice("provider", PROVIDERS, "replicate"),
        slug=node.text("slug", ""),
        version=node.text("version", ""),
        inputs=MappingProxyType(node.child("inputs").children(_read_input)),
        fixed=MappingProxyType(_read_scalars(node, "fixed")),
        lengths=read_lengths(node, frame_rate) if is_video or "lengths" in node else (),
        frame_rate=frame_rate,
        sizes=MappingProxyType(node.child("sizes").children(_read_size)),
        price=_read_price(node.child("price")),
        makes=node.texts("makes"),
        fallback=node.text("fallback", ""),
        prompt_characters=_optional_whole(node, "prompt_characters"),
        has_one_line_prompts=node.flag("one_line_prompts", default=kind == "image"),
        run_seconds=run_seconds,
        deadline_seconds=node.whole("deadline_seconds", at_least=run_seconds),
    )
    node.end()
    _check_whole(model, node)
    return model


def _optional_whole(node: Node, name: str) -> int | None:
    return node.whole(name, at_least=1) if name in node else None


def _check_whole(model: Model, node: Node) -> None:
    """Refuse what is right field by field but makes no sense together."""
    if model.provider == "replicate" and model.slug.count("/") != 1:
        raise node.error("slug", 'should be "owner/name"')
    _check_inputs(model, node)
    if set(model.sizes) - set(ASPECT_RATIOS):
        raise node.error("sizes", f"should be given for some of {', '.join(ASPECT_RATIOS)}")
    if model.kind in ("video", "image") and not model.sizes:
        raise node.error("sizes", f"should be given for some of {', '.join(ASPECT_RATIOS)}")
    _check_makes(model, node)
    _check_price(model, node)


def _check_makes(model: Model, node: Node) -> None:
    if bool(model.makes) != (model.kind == "video") or set(model.makes) - set(START):
        raise node.error("makes", f"should list, for a video, some of {', '.join(START)}")
    if "image_to_video" in model.makes and "first_frame" not in model.inputs:
        raise node.error("makes", "names image_to_video, but there is no input first_frame")
    if model.makes and ("text_to_video" in model.makes) == model.needs_first_frame:
        raise node.error("makes", "and the need of a first frame contradict each other")


def _check_inputs(model: Model, node: Node) -> None:
    unknown = sorted(set(model.inputs) - set(INPUT_NAMES))
    if unknown:
        raise node.error("inputs", f"has no use for {', '.join(unknown)}")
    if model.kind in NEEDS_PROMPT and "prompt" not in model.inputs:
        raise node.error("inputs", "should have a prompt")
    theirs = [one.name for one in model.inputs.values()]
    twice = sorted({name for name in theirs if theirs.count(name) > 1 or name in model.fixed})
    if twice:
        raise node.error("inputs", f"would send {', '.join(twice)} twice")
    for one in model.inputs.values():
        if {one.needs, one.not_with} - {""} - set(model.inputs):
            raise node.error("inputs", f"{one.name} speaks of an input that is not there")


def _check_price(model: Model, node: Node) -> None:
    """Every input that a price asks for is always sent, and the last tier holds for all others."""
    sent = {one.name for one in model.inputs.values()} | set(model.fixed)
    asked = {name for tier in model.price.tiers for name, _ in tier.when}
    if asked - sent:
        raise node.error("price", f"asks for {', '.join(sorted(asked - sent))}, never sent")
    if model.price.tiers and model.price.tiers[-1].when:
        raise node.error("price", "should end with a tier that always holds")
    if len(model.price.usd) != len(model.price.tiers):
        raise node.error("price", "should name each variant once")


def _check_fallback(model: Model, models: Mapping[str, Model]) -> None:
    """What stands in must make the same sizes, from words alone, and fill the same clips."""
    if not model.fallback:
        return
    other = models.get(model.fallback)
    place = f"{model.kind}.yaml: {model.key}: fallback"
    if other is None or "text_to_video" not in other.makes:
        raise YamlError(f"{place} should name a model that makes pictures from words")
    if set(model.sizes) - set(other.sizes):
        raise YamlError(f"{place} {other.key} does not make all of its sizes")
    if longest_seconds(model) > longest_seconds(other):
        raise YamlError(f"{place} {other.key} does not make all of its lengths")


def _read_input(name: str, node: Node) -> Input:
    read = Input(
        name=node.text("name", name),
        type=node.choice("type", INPUT_TYPES),
        is_required=node.flag("required", default=False),
        choices=tuple(_scalar(value, node, "choices") for value in node.items("choices")),
        minimum=node.number("minimum") if "minimum" in node else None,
        maximum=node.number("maximum") if "maximum" in node else None,
        needs=node.text("needs", ""),
        not_with=node.text("not_with", ""),
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
        sends=tuple(_read_scalars(node, "sends").items()),
    )
    node.end()
    return size


def _read_price(node: Node) -> Price:
    price = Price(
        unit=node.choice("unit", PRICE_UNITS),
        tiers=tuple(_read_tier(Node(item, f"{node.place}: tiers")) for item in node.items("tiers")),
        output_weight=node.whole("output_weight", at_least=1) if "output_weight" in node else 1,
    )
    node.end()
    if price.is_free == bool(price.tiers):
        raise node.error("tiers", "belong to everything that is not free, and to it alone")
    return price


def _read_tier(node: Node) -> Tier:
    tier = Tier(
        variant=node.text("variant"),
        usd=node.number("usd"),
        when=tuple(_read_scalars(node, "when").items()),
    )
    node.end()
    if tier.usd <= 0:
        raise node.error("usd", "should be above zero")
    return tier
