"""Single pictures of a clip or film: posters and thumbnails."""

from __future__ import annotations

from pathlib import Path

from vibecraft.media import limits
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import run
from vibecraft.media.files import private_folder, url, whole
from vibecraft.media.frames import FRAME_RATE

JPEG_QUALITY = 3


def still(src: Path, dst: Path, *, frame: int, width: int) -> None:
    """Write frame number `frame` of a file in the house format as a JPEG `width` pixels wide.

    Raises MediaError("no_picture") when the file has no such frame, or as `run` does.
    """
    with private_folder() as folder, whole(dst) as partial:
        run(still_arguments(src, partial, frame=frame, width=width), folder=folder)
        if not partial.exists() or partial.stat().st_size == 0:
            raise MediaError("no_picture", f"no frame {frame}")


def still_arguments(src: Path, dst: Path, *, frame: int, width: int) -> list[str]:
    """Arguments for one JPEG. Half a frame early is sure to stop at this frame, not the next."""
    seconds = max(float((frame - 0.5) / FRAME_RATE), 0.0)
    words = [*limits.OWN.options(), "-threads", "1", "-ss", f"{seconds:.6f}", "-i", url(src)]
    # A JPEG is BT.601 in full range by its own standard.
    words += ["-vf", f"scale={width}:-2:flags=lanczos:out_color_matrix=bt601:out_range=pc"]
    words += ["-frames:v", "1", "-map_metadata", "-1", "-fflags", "+bitexact", "-threads", "1"]
    words += ["-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", str(JPEG_QUALITY)]
    return [*words, "-f", "image2", "-update", "1", "-y", url(dst)]
