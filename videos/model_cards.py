"""The models of the direction page as cards, in groups: what each can do, makes and costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from vibecraft.media.frames import to_seconds
from vibecraft.money import usd_text
from vibecraft.predictions.catalog import AnyLength, Model, default_key, models_of
from vibecraft.predictions.ordering import is_on
from videos import choosing
from videos.choices import usd_per_unit
from videos.footage import Footage, UsdOf, footage_of
from videos.models import Video

GROUPS = {
    "both": "From words or a picture",
    "words": "From words alone",
    "picture": "From a picture",
    "here": "On this machine",
}
NOTES = {"picture": "An image is made first for each clip, unless you have a still or a character."}
ABILITY_NAMES = {
    "last_frame": "takes a last frame",
    "reference": "keeps a character",
    "negative_prompt": "takes what not to show",
    "seed": "repeatable by its seed",
    "audio": "takes sound",
}
UNITS = {"second": "a second", "video": "a clip"}
FEW_LENGTHS = 3


@dataclass(frozen=True)
class ModelCard:
    """One model: `price` for each second or clip, `song_usd` for the whole song at the least."""

    model: Model
    price: str
    song_usd: Decimal | None
    lengths: str
    formats: str
    abilities: str
    is_available: bool
    is_default: bool

    @property
    def song_price(self) -> str:
        """The whole song as one reads it; "" if free."""
        return usd_text(self.song_usd) if self.song_usd else ""


@dataclass(frozen=True)
class ModelGroup:
    """Models that begin with the same; open where the chosen one is inside."""

    title: str
    note: str
    cards: tuple[ModelCard, ...]
    is_open: bool


@dataclass(frozen=True)
class Chooser:
    """The groups in the order in which they are offered."""

    groups: tuple[ModelGroup, ...]
    is_on: bool

    @property
    def here(self) -> list[ModelGroup]:
        """What can be used while AI is off."""
        return [group for group in self.groups if group.cards[0].is_available]

    @property
    def switched_off(self) -> list[ModelGroup]:
        return [group for group in self.groups if not group.cards[0].is_available]

    @property
    def count_off(self) -> int:
        return sum(len(group.cards) for group in self.switched_off)


def chooser(video: Video, chosen: str) -> Chooser:
    """All models that make clips, with `chosen` as the key that is chosen in the form."""
    usd_of, default = choosing.price_list(), default_key("video")
    order = [*GROUPS] if is_on() else ["here", *(key for key in GROUPS if key != "here")]
    models = models_of("video").values()
    groups = (
        _group(
            key,
            [
                card_of(model, usd_of, video.song.frames, is_default=model.key == default)
                for model in models
                if _group_of(model) == key
            ],
            chosen,
        )
        for key in order
    )
    return Chooser(tuple(groups), is_on())


def _group_of(model: Model) -> str:
    if model.is_builtin:
        return "here"
    if model.needs_first_frame:
        return "picture"
    return "both" if "image_to_video" in model.makes else "words"


def _group(key: str, cards: list[ModelCard], chosen: str) -> ModelGroup:
    return ModelGroup(
        title=GROUPS[key],
        note=NOTES.get(key, ""),
        cards=tuple(sorted(cards, key=lambda card: not card.is_default)),
        is_open=any(card.model.key == chosen for card in cards),
    )


def card_of(model: Model, usd_of: UsdOf, frames: int, *, is_default: bool) -> ModelCard:
    """The card of a model for a song of so many frames."""
    known = [ABILITY_NAMES[name] for name in model.abilities if name in ABILITY_NAMES]
    return ModelCard(
        model=model,
        price=_price(model, usd_of),
        song_usd=_song_usd(footage_of(model, usd_of), frames),
        lengths=_lengths(model),
        formats=_listed(model.sizes),
        abilities=", ".join(known),
        is_available=choosing.is_available(model),
        is_default=is_default,
    )


def _price(model: Model, usd_of: UsdOf) -> str:
    """The price as one reads it."""
    if model.price.is_free:
        return "Free"
    if model.price.unit == "hardware":
        usd = min(usd for _, usd in footage_of(model, usd_of).usd_by_length)
        return f"about {usd_text(usd)} a clip"
    usds = {usd for _, usd in footage_of(model, usd_of).usd_by_length}
    has_tiers = model.price.unit == "video" and len(usds) > 1
    return f"{'from ' if has_tiers else ''}{usd_text(usd_per_unit(model, usd_of))} {UNITS[model.price.unit]}"


def _song_usd(footage: Footage, frames: int) -> Decimal | None:
    """The whole song at the model's best price, before anything is thrown away; None if free."""
    if footage.is_free:
        return None
    by_seconds = dict(footage.usd_by_length)
    best = min(by_seconds[length.seconds] / length.frames for length in footage.lengths)
    return (best * frames).quantize(Decimal("0.1" if best * frames > 1 else "0.01"))


def _lengths(model: Model) -> str:
    if isinstance(model.lengths, AnyLength):
        return "any length"
    seconds = [to_seconds(one.frames) for one in footage_of(model).lengths]
    asked = [f"{value:.1f}".removesuffix(".0") for value in seconds]
    if len(asked) <= FEW_LENGTHS:
        return f"{_listed(asked, 'or')} s"
    return f"{asked[0]} to {asked[-1]} s"


def _listed(words: Iterable[str], last: str = "and") -> str:
    *others, end = words
    return f"{', '.join(others)} {last} {end}" if others else end
