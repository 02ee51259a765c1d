"""Compile every kernel once, alone, so that no two processes write numba's cache together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from videos.visualizer.brief import ClipBrief
from videos.visualizer.casting import Casting
from videos.visualizer.drive import BANDS, Drive
from videos.visualizer.jit import Floats
from videos.visualizer.looks import LOOKS
from videos.visualizer.scene import set_up

WARM_SIZE = (160, 88)


@dataclass(frozen=True)
class Silence:
    """The features of a short song in which nothing happens."""

    energy: Floats
    low: Floats
    mid: Floats
    high: Floats
    onset: Floats
    spectrum: Floats


def warm() -> None:
    """Draw and develop a frame of every variant of every look; loads or compiles all kernels."""
    flat = np.full(48, 0.5, dtype=np.float32)
    song = Silence(flat, flat, flat, flat, flat, np.full((48, BANDS), 0.5, dtype=np.float32))
    beats = np.array([0.0, 0.5, 1.0, 1.5])
    brief = ClipBrief(seed=1, size=WARM_SIZE, start_frame=0, end_frame=2)
    moment = Drive(brief, song, beats, beats[:1]).moment(1)
    for name, kind in LOOKS.items():
        for variant in range(kind.variants):
            look, canvas = set_up(brief, Casting(name, variant, seed=variant))
            look.draw(moment)
            canvas.develop(look.grade, 1)
