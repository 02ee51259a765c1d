"""The visualizer's one act: draw a clip into a file of the house format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vibecraft.media.errors import MediaError
from vibecraft.media.house import house_writer
from videos.visualizer.brief import ClipBrief, Features
from videos.visualizer.casting import cast
from videos.visualizer.drive import Drive
from videos.visualizer.scene import drawn_size, frames, set_up


def render(
    brief: ClipBrief,
    features: Features,
    beats: NDArray[np.float64],
    downbeats: NDArray[np.float64],
    dst: Path,
    *,
    on_frame: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Draw frames start_frame to end_frame of the song into dst.

    beats and downbeats are times in seconds. on_frame gets the number of frames done so far.
    Raises MediaError("canceled") when should_stop says so, and what the writer raises.
    """
    pictures = frames(brief, features, beats, downbeats)
    with house_writer(
        dst, size=brief.size, drawn_size=drawn_size(brief), frames=brief.frames
    ) as write:
        for done, picture in enumerate(pictures, start=1):
            if should_stop is not None and should_stop():
                raise MediaError("canceled", f"after {done - 1} of {brief.frames} frames")
            write(picture)
            if on_frame is not None:
                on_frame(done)


def picture(
    brief: ClipBrief,
    features: Features,
    beats: NDArray[np.float64],
    downbeats: NDArray[np.float64],
    dst: Path,
    *,
    index: int,
) -> None:
    """Draw frame `index` of a clip alone, as a file of the house format that has only this frame.

    It is the very picture that the whole clip shows at that place. Raises what the writer raises.
    """
    look, canvas = set_up(brief, cast(brief))
    look.draw(Drive(brief, features, np.asarray(beats), np.asarray(downbeats)).moment(index))
    with house_writer(dst, size=brief.size, drawn_size=drawn_size(brief), frames=1) as write:
        write(canvas.develop(look.grade, brief.start_frame + index))
