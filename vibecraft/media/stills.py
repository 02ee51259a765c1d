"""Single pictures of a clip or film: posters and thumbnails; and pictures that a clip starts from."""

from __future__ import annotations

from pathlib import Path

from vibecraft.media import limits
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import run
from vibecraft.media.files import neutral, private_folder, url, whole
from vibecraft.media.frames import FRAME_RATE
from vibecraft.media.house import Size

JPEG_QUALITY = 3
# What a model starts from is seen in every frame after it.
FIRST_FRAME_QUALITY = 2


def still(src: Path, dst: Path, *, frame: int, width: int, quality: int = JPEG_QUALITY) -> None:
    """Write frame number `frame` of a file in the house format as a JPEG `width` pixels wide.

    Raises MediaError("no_picture") when the file has no such frame, or as `run` does.
    """
    with private_folder() as folder, whole(dst) as partial:
        words = still_arguments(src, partial, frame=frame, width=width, quality=quality)
        run(words, folder=folder)
        if not partial.exists() or partial.stat().st_size == 0:
            raise MediaError("no_picture", f"no frame {frame}")


def still_arguments(
    src: Path, dst: Path, *, frame: int, width: int, quality: int = JPEG_QUALITY
) -> list[str]:
    """Arguments for one JPEG. Half a frame early is sure to stop at this frame, not the next."""
    seconds = max(float((frame - 0.5) / FRAME_RATE), 0.0)
    words = [*limits.OWN.options(), "-threads", "1", "-ss", f"{seconds:.6f}", "-i", url(src)]
    # A JPEG is BT.601 in full range by its own standard.
    words += ["-vf", f"scale={width}:-2:flags=lanczos:out_color_matrix=bt601:out_range=pc"]
    return [*words, *_jpeg(dst, quality)]


def _jpeg(dst: Path, quality: int) -> list[str]:
    """Output options and the file of one JPEG without metadata."""
    words = ["-frames:v", "1", "-map_metadata", "-1", "-fflags", "+bitexact", "-threads", "1"]
    words += ["-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", str(quality)]
    return [*words, "-f", "image2", "-update", "1", "-y", url(dst)]


def last_frame(src: Path, dst: Path, *, frames: int, size: Size) -> None:
    """Write the last of the `frames` of a clip in the house format as a picture to go on from."""
    still(src, dst, frame=frames - 1, width=size[0], quality=FIRST_FRAME_QUALITY)


def first_frame(src: Path, dst: Path, *, size: Size) -> None:
    """Write any image as a JPEG of exactly `size`: cropped around its middle, never distorted.

    Raises MediaError("no_picture") when the file holds no image, or as `run` does.
    """
    with neutral(src) as link, whole(dst) as partial:
        run(first_frame_arguments(link, partial, size=size), folder=link.parent)
        if not partial.exists() or partial.stat().st_size == 0:
            raise MediaError("no_picture", "no image")


def first_frame_arguments(src: Path, dst: Path, *, size: Size) -> list[str]:
    """Arguments that bring an image from outside to a clip's size."""
    width, height = size
    shape = f"scale={width}:{height}:force_original_aspect_ratio=increase:flags=lanczos"
    words = [*limits.IMAGE.options(), "-threads", "1", "-i", url(src)]
    words += ["-vf", f"{shape}:out_color_matrix=bt601:out_range=pc,crop={width}:{height}"]
    return [*words, *_jpeg(dst, FIRST_FRAME_QUALITY)]
