"""From a brief to frames: the look is cast, set up for the clip, and drawn moment by moment."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from videos.visualizer.brief import ClipBrief, Features, Size
from videos.visualizer.camera import camera_for
from videos.visualizer.canvas import Canvas
from videos.visualizer.casting import Casting, cast, stable_hash
from videos.visualizer.drive import Drive, Times
from videos.visualizer.jit import Bytes
from videos.visualizer.looks import LOOKS
from videos.visualizer.looks.base import Look, Scene
from videos.visualizer.palette import choose_palette


def drawn_size(brief: ClipBrief) -> Size:
    """The size at which the clip is drawn; it is enlarged when it is encoded."""
    return fitted(brief.size, LOOKS[cast(brief).look].pixels)


def fitted(size: Size, pixels: int) -> Size:
    """The largest size of this shape with about so many pixels, sides divisible by four."""
    width, height = size
    shape = math.gcd(width, height)
    across, down = width // shape, height // shape
    unit = int(math.sqrt(pixels / (across * down)) + 0.01)
    step = 4 // math.gcd(4, math.gcd(across, down))
    unit -= unit % step
    return size if unit >= shape or unit == 0 else (across * unit, down * unit)


def frames(brief: ClipBrief, features: Features, beats: Times, downbeats: Times) -> Iterator[Bytes]:
    """Each frame of the clip as raw yuv420p of ``drawn_size``; one buffer, used again each time."""
    look, canvas = set_up(brief, cast(brief))
    drive = Drive(brief, features, np.asarray(beats), np.asarray(downbeats))
    for index in range(len(drive)):
        look.draw(drive.moment(index))
        yield canvas.develop(look.grade, brief.start_frame + index)


def set_up(brief: ClipBrief, casting: Casting) -> tuple[Look, Canvas]:
    """The look on its canvas, with everything that stays the same through the clip."""
    kind = LOOKS[casting.look]
    canvas = Canvas(*fitted(brief.size, kind.pixels))
    palette = choose_palette(
        brief.overall_prompt, brief.prompt, brief.mood_primary, brief.mood_vector
    ).turned(brief.section_index)
    clip_seed = stable_hash(casting.seed, brief.clip_index)
    scene = Scene(
        canvas=canvas,
        palette=palette,
        camera=camera_for(brief.shot, clip_seed),
        seed=casting.seed,
        clip_seed=clip_seed,
        variant=casting.variant,
        words=frozenset(re.findall(r"[a-z]+", f"{brief.overall_prompt} {brief.prompt}".lower())),
    )
    return kind(scene), canvas
