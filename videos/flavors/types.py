"""What a flavor says: prompts, shots and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

Framing = Literal["wide", "medium", "close"]
FRAMINGS: tuple[Framing, ...] = get_args(Framing)
ANY_TYPE = "any"
# The parts of a picture that an idea may name and a flavor may set.
PARTS = ("subject", "style", "palette", "setting", "motion", "mood")

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Prompts:
    """The words of a flavor. `parts` fill what the idea leaves open, or replace it if `fixed`."""

    parts: Mapping[str, str]
    fixed: tuple[str, ...]
    ending: str
    negative: tuple[str, ...]
    never: tuple[str, ...]


@dataclass(frozen=True)
class Action:
    """What happens in a shot. A tag puts it under a rule."""

    text: str
    tag: str = ""


@dataclass(frozen=True)
class Shot:
    """The direction of one clip: how near, how the camera moves, what happens.

    `scene` is what a language model has written for the clip, `style` its line for all clips.
    """

    framing: Framing
    move: str
    action: str
    scene: str = ""
    style: str = ""


@dataclass(frozen=True)
class Frame:
    """The camera moves of one framing, and its actions by video type (and for `any`)."""

    moves: tuple[str, ...]
    actions: Mapping[str, tuple[Action, ...]]

    def actions_for(self, video_type: str) -> tuple[Action, ...]:
        """Return the actions of a video type, those for any type where it has none of its own."""
        return self.actions.get(video_type, self.actions[ANY_TYPE])


@dataclass(frozen=True)
class TagRule:
    """How often actions with a tag come.

    At least `at_least` times in a video of `from_clips` clips or more, in at most `at_most_share`
    of its clips otherwise, and never in two neighbors. `framing` names where they come, if only
    in one.
    """

    tag: str
    at_least: int
    from_clips: int
    at_most_share: float
    framings: tuple[Framing, ...]


@dataclass(frozen=True)
class Shots:
    """The shots that a flavor can make."""

    frames: Mapping[Framing, Frame]
    rules: tuple[TagRule, ...]


@dataclass(frozen=True)
class Parameters:
    """How fast it cuts, and inputs that are passed to models that have them."""

    calm_seconds: float = 8.0
    energetic_seconds: float = 3.4
    model_inputs: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Flavor:
    """A named set of prompts, shots and parameters."""

    name: str
    title: str
    description: str
    prompts: Prompts
    shots: Shots
    parameters: Parameters

    @property
    def negative_prompt(self) -> str:
        """What should not be seen, as one line."""
        return ", ".join(self.prompts.negative)
