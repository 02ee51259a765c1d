"""What the catalog knows of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, get_args

AspectRatio = Literal["16:9", "9:16", "1:1"]
ASPECT_RATIOS: tuple[str, ...] = get_args(AspectRatio)
Kind = Literal["video", "image", "lipsync", "speech", "music", "words"]
KINDS: tuple[str, ...] = get_args(Kind)
Provider = Literal["builtin", "replicate"]
PROVIDERS: tuple[str, ...] = get_args(Provider)
PriceUnit = Literal["free", "second", "video", "image", "run", "token", "hardware"]
PRICE_UNITS: tuple[str, ...] = get_args(PriceUnit)
FILE_TYPES: tuple[str, ...] = ("image", "audio", "video")
InputType = Literal[
    "text", "integer", "number", "flag", "choice", "image", "images", "audio", "video", "object"
]
INPUT_TYPES: tuple[str, ...] = get_args(InputType)
START: tuple[str, ...] = ("text_to_video", "image_to_video")

Scalar = str | int | float | bool


class UnknownModel(KeyError):
    """No model of this name is in the catalog."""


@dataclass(frozen=True)
class Input:
    """One input of a model: its name there, and what it takes.

    `minimum` and `maximum` bound a number, the characters of a text, or how many images there are.
    An input is left out where `needs` (one of our names) is not given, or `not_with` is.
    """

    name: str
    type: str
    is_required: bool = False
    choices: tuple[Scalar, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    needs: str = ""
    not_with: str = ""


@dataclass(frozen=True)
class MadeLength:
    """A length that may be asked for.

    `asked_seconds` is our name of it, `sent` what the model is told (seconds, or frames), and
    `made_frames` how many frames of the output's own rate then come.
    """

    asked_seconds: Decimal
    made_frames: int
    sent: int


@dataclass(frozen=True)
class AnyLength:
    """The model makes any whole number of frames in this range; no maximum is no limit."""

    min_seconds: Decimal
    max_seconds: Decimal | None


@dataclass(frozen=True)
class Size:
    """Width and height of the output in pixels.

    `value` is what the input `aspect_ratio` is told; `sends` are inputs that ask for it otherwise.
    """

    width: int
    height: int
    value: str
    sends: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True)
class Tier:
    """A variant of a price: it holds where the sent inputs have the values of `when`."""

    variant: str
    usd: Decimal
    when: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True)
class Price:
    """US dollars for each `unit`; of the tiers the first that fits what is sent counts.

    Of tokens it is the price of one token read; one written counts for `output_weight` of them.
    """

    unit: str
    tiers: tuple[Tier, ...] = ()
    output_weight: int = 1

    @property
    def usd(self) -> Mapping[str, Decimal]:
        """The price of one unit by variant."""
        return {tier.variant: tier.usd for tier in self.tiers}

    @property
    def is_free(self) -> bool:
        """Whether nothing is ever paid."""
        return self.unit == "free"


@dataclass(frozen=True)
class Model:
    """One model of the catalog. `inputs` are by our own names, `sizes` by aspect ratio.

    `fixed` are inputs that are always sent. `lengths` are those that a video model makes, or that
    the clips may have which a lip-sync model is given; `frame_rate` is 0 for all but video models.
    `run_seconds` is how long a run usually takes, `deadline_seconds` after how long
    it is given up, `fallback` the model that makes from words what this one cannot ("" for none).
    """

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
    fallback: str
    prompt_characters: int | None
    has_one_line_prompts: bool
    run_seconds: int
    deadline_seconds: int

    @property
    def abilities(self) -> tuple[str, ...]:
        """What it takes beside a prompt, and what it can start from, in alphabetical order."""
        known = {"first_frame", "last_frame", "negative_prompt", "seed", "audio"}
        found = known.intersection(self.inputs).union(self.makes)
        return tuple(sorted(found | ({"reference"} if self.takes_reference else set())))

    @property
    def takes_reference(self) -> bool:
        """Whether it can be shown a character that its output should keep."""
        return "reference" in self.inputs or "references" in self.inputs

    @property
    def needs_first_frame(self) -> bool:
        """Whether it makes nothing without a picture to start from."""
        wanted = self.inputs.get("first_frame")
        return wanted is not None and wanted.is_required

    @property
    def is_builtin(self) -> bool:
        """Whether it runs on this machine."""
        return self.provider == "builtin"
