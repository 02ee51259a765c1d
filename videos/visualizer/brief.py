"""What the visualizer is told about one clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Size = tuple[int, int]


class Features(Protocol):
    """What the song does in each picture frame of it: float32 arrays at 24/s, values in 0..1."""

    @property
    def energy(self) -> NDArray[np.float32]: ...
    @property
    def low(self) -> NDArray[np.float32]: ...
    @property
    def mid(self) -> NDArray[np.float32]: ...
    @property
    def high(self) -> NDArray[np.float32]: ...
    @property
    def onset(self) -> NDArray[np.float32]: ...
    @property
    def spectrum(self) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Shot:
    """A shot direction: framing is wide, medium or close; move is said in words."""

    framing: str = "wide"
    move: str = "static"


@dataclass(frozen=True)
class ClipBrief:
    """One clip to draw. Frames count from the start of the song; the end frame is not drawn."""

    seed: int
    size: Size
    start_frame: int
    end_frame: int
    clip_index: int = 0
    section_index: int = 0
    section_start_frame: int = 0
    section_end_frame: int = 0
    video_type: str = "abstract visualizer"
    prompt: str = ""
    overall_prompt: str = ""
    mood_primary: str = ""
    mood_vector: Mapping[str, float] = field(default_factory=dict)
    shot: Shot = Shot()

    @property
    def frames(self) -> int:
        return self.end_frame - self.start_frame
