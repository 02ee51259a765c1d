"""What the catalog knows of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, get_args

AspectRatio = Literal["16:9", "9:16", "1:1"]
ASPECT_RATIOS: tuple[str, ...] = get_args(AspectRatio)
Kind = Literal["video"]
KINDS: tuple[str, ...] = get_args(Kind)
Provider = Literal["builtin", "replicate"]
PROVIDERS: tuple[str, ...] = get_args(Provider)
PriceUnit = Literal["free", "second", "clip", "length"]
PRICE_UNITS: tuple[str, ...] = get_args(PriceUnit)
InputType = Literal["text", "integer", "number", "flag", "choice", "image", "images", "audio"]
INPUT_TYPES: tuple[str, ...] = get_args(InputType)
START: tuple[str, ...] = ("text_to_video", "image_to_video")

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Input:
    """One input of a model: its name there, and what it takes."""

    name: str
    type: str
    is_required: bool = False
    choices: tuple[Scalar, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True)
class MadeLength:
    """A length to ask for, in seconds, and how many frames of the model's own rate then come."""

    asked_seconds: Decimal
    made_frames: int


@dataclass(frozen=True)
class AnyLength:
    """The model makes any whole number of frames in this range; no maximum is no limit."""

    min_seconds: Decimal
    max_seconds: Decimal | None


@dataclass(frozen=True)
class Size:
    """Width and height of the output in pixels, and what the aspect ratio input is told."""

    width: int
    height: int
    value: str


@dataclass(frozen=True)
class Price:
    """US dollars: by the second or the clip as `usd`, by length as `by_seconds`, or free."""

    unit: str
    usd: Decimal = Decimal(0)
    by_seconds: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether nothing is ever paid."""
        return self.unit == "free"


@dataclass(frozen=True)
class Model:
    """One model of the catalog. `inputs` are by our own names, `sizes` by aspect ratio."""

    key: str
    name: str
    description: str
    kind: str
    provider: str
    slug: str
    version: str
    inputs: Mapping[str, Input]
    fixed: Mapping[str, Scalar]
    lengths: tuple[MadeLength, ...] | AnyLength
    frame_rate: Fraction
    sizes: Mapping[str, Size]
    price: Price
    makes: tuple[str, ...]
    prompt_characters: int | None

    @property
    def abilities(self) -> tuple[str, ...]:
        """What it takes beside a prompt, and what it can start from, in alphabetical order."""
        known = {"first_frame", "last_frame", "reference", "negative_prompt", "seed", "audio"}
        return tuple(sorted(known.intersection(self.inputs).union(self.makes)))

    @property
    def is_builtin(self) -> bool:
        """Whether it runs on this machine."""
        return self.provider == "builtin"
