"""The house format: what every clip looks like, so that a film is joined by copying.

H.264 High at level 4.1, 24 frames a second, square pixels, BT.709 in limited range, a keyframe at
the start and every two seconds, closed groups, no sound, no metadata. All clips of one size carry
the same parameter sets, whoever wrote them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import ShouldStop, open_writer
from vibecraft.media.files import private_folder, url, whole
from vibecraft.media.frames import FRAME_RATE

Size: TypeAlias = tuple[int, int]
RawFrame: TypeAlias = bytes | bytearray | memoryview | NDArray[np.uint8]

SIZES: dict[str, Size] = {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1080, 1080)}
GOP_FRAMES = 48
TIMESCALE = 24000
# More threads than this make a clip no sooner when clips are made side by side, and every thread
# costs address space.
THREADS = 2

# Near the speed of `ultrafast` at the size and likeness of `superfast` (measured on two cores).
# `stitchable` keeps what depends on a clip's content out of its parameter sets; `force-cfr` does
# the same for its time base.
_X264 = {
    "cabac": "1",
    "8x8dct": "1",
    "bframes": "3",
    "b-pyramid": "0",
    "weightb": "1",
    "deblock": "0,0",
    "aq-mode": "1",
    "subme": "1",
    "partitions": "i4x4,i8x8",
    "open-gop": "0",
    "stitchable": "1",
    "force-cfr": "1",
}
CRF = 19


def encoder_arguments(*, frames: int, threads: int = THREADS) -> list[str]:
    """Output options of every clip, without its file: exactly `frames` frames."""
    words = ["-map_metadata", "-1", "-map_chapters", "-1", "-an", "-sn", "-dn"]
    words += ["-frames:v", str(frames), "-r", str(FRAME_RATE), "-c:v", "libx264"]
    words += ["-preset", "ultrafast", "-crf", str(CRF), "-threads", str(threads)]
    words += ["-profile:v", "high", "-level:v", "4.1", "-pix_fmt", "yuv420p"]
    words += ["-g", str(GOP_FRAMES), "-keyint_min", str(GOP_FRAMES), "-sc_threshold", "0"]
    words += ["-x264-params", ":".join(f"{name}={value}" for name, value in _X264.items())]
    words += ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"]
    words += ["-color_range", "tv", "-video_track_timescale", str(TIMESCALE)]
    return [*words, "-flags:v", "+bitexact", "-fflags", "+bitexact", "-f", "mp4", "-y"]


def writer_arguments(
    dst: Path, *, size: Size, drawn_size: Size, frames: int, threads: int = THREADS
) -> list[str]:
    """Arguments that read raw frames from stdin and write a clip."""
    drawn_width, drawn_height = drawn_size
    words = ["-protocol_whitelist", "pipe,file", "-filter_threads", str(threads)]
    words += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{drawn_width}x{drawn_height}"]
    words += ["-framerate", str(FRAME_RATE), "-i", "pipe:0", "-vf", _drawn_filter(size, drawn_size)]
    return [*words, *encoder_arguments(frames=frames, threads=threads), url(dst)]


def _drawn_filter(size: Size, drawn_size: Size) -> str:
    tags = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,setsar=1"
    if size == drawn_size:
        return tags
    return f"scale={size[0]}:{size[1]}:flags=lanczos,{tags}"


@contextlib.contextmanager
def house_writer(
    dst: Path,
    *,
    size: Size,
    drawn_size: Size,
    frames: int,
    threads: int = THREADS,
    should_stop: ShouldStop | None = None,
) -> Iterator[Callable[[RawFrame], None]]:
    """Write a clip from frames drawn by us; the block gets a function that takes one frame.

    A frame is planar yuv420p (BT.709, limited range) of `drawn_size`, as one contiguous buffer of
    width * height * 3 / 2 bytes; it may be drawn over as soon as the function returns. Encoding
    goes on beside the drawing. `dst` appears only when exactly `frames` frames were written.
    Raises ValueError for a frame of another size or a wrong count, MediaError as `run` does.
    """
    expected_bytes = drawn_size[0] * drawn_size[1] * 3 // 2
    written = 0
    with whole(dst) as partial, private_folder() as folder:
        words = writer_arguments(
            partial, size=size, drawn_size=drawn_size, frames=frames, threads=threads
        )
        with open_writer(words, folder=folder, should_stop=should_stop) as write:

            def write_frame(frame: RawFrame) -> None:
                nonlocal written
                view = frame.data if isinstance(frame, np.ndarray) else memoryview(frame)
                if view.nbytes != expected_bytes or written == frames:
                    raise ValueError(f"frame {written}: {view.nbytes} of {expected_bytes} bytes")
                write(view)
                written += 1

            yield write_frame
            if written != frames:
                raise ValueError(f"{written} of {frames} frames were drawn")
        if not partial.exists():
            raise MediaError("failed", "the encoder left no file")
