"""What every look is: a scene set up once for a clip, then drawn frame by frame as light."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from videos.visualizer.camera import Camera, View
from videos.visualizer.canvas import Canvas, Grade
from videos.visualizer.drive import Moment
from videos.visualizer.jit import Floats
from videos.visualizer.palette import Color, Palette


@dataclass(frozen=True)
class Scene:
    """The choices that a look is built from. Variant and seed are fixed for a clip's scene.

    seed decides what is there and is shared by the clips of a section; clip_seed may vary the
    view of it from clip to clip.
    """

    canvas: Canvas
    palette: Palette
    camera: Camera
    seed: int
    clip_seed: int
    variant: int
    words: frozenset[str] = frozenset()

    @property
    def is_tall(self) -> bool:
        return self.canvas.aspect < 0.9

    def view(self, moment: Moment) -> View:
        return self.camera.view(moment.progress, moment.time, moment.kick)

    def says(self, *words: str) -> bool:
        """Whether the prompt has one of these words."""
        return not self.words.isdisjoint(words)


class Look(ABC):
    """One way to draw a song. ``pixels`` is about how many a frame may have at this cost."""

    pixels: ClassVar[int] = 1280 * 720
    variants: ClassVar[int] = 2
    grade: Grade = Grade()

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.light = scene.canvas.light
        self.random = np.random.default_rng(scene.seed)

    @abstractmethod
    def draw(self, moment: Moment) -> None:
        """Fill the canvas with the light of this moment."""


def numbers(*values: float) -> Floats:
    """Kernel parameters as one small array."""
    return np.array(values, dtype=np.float32)


def colors(*values: Color) -> Floats:
    """Colors as rows of a small array."""
    return np.ascontiguousarray(values, dtype=np.float32)
