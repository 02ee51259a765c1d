"""Whether a fetched file is what its model makes: a film, a picture or a sound, and which kind.

Pictures are written anew, so that what is shown in browsers later is nothing but pixels of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from vibecraft.media import images, limits
from vibecraft.media.errors import MediaError
from vibecraft.media.probe import Probe, Stream, probe

MIN_VIDEO_SECONDS = 0.2
MIN_SOUND_SECONDS = 0.5
MAX_SIDE = 8192
_VIDEO_ENDINGS = {"mov,mp4,m4a,3gp,3g2,mj2": "mp4", "matroska,webm": "webm"}
_SOUND_ENDINGS = {
    "mp3": "mp3",
    "wav": "wav",
    "flac": "flac",
    "ogg": "ogg",
    "mov,mp4,m4a,3gp,3g2,mj2": "m4a",
}


@dataclass(frozen=True)
class Checked:
    """A file that passed: where it lies, its name's ending, and how long it plays where it plays."""

    path: Path
    ending: str
    seconds: Decimal | None = None


def check(path: Path, kind: str, *, max_bytes: int) -> Checked:
    """Look at a file by the kind of the model that made it. Raises MediaError."""
    if path.stat().st_size == 0:
        raise MediaError("empty_file")
    if kind == "image":
        return _image(path, max_bytes)
    if kind == "music":
        return _sound(path, probe(path, guard=limits.AUDIO_PROBE))
    return _video(path, probe(path, guard=limits.VIDEO_TAKE))


def _video(path: Path, about: Probe) -> Checked:
    picture = about.video
    ending = _VIDEO_ENDINGS.get(about.format_name)
    if picture is None or ending is None:
        raise MediaError("no_picture", about.format_name)
    _check_size(picture)
    seconds = picture.duration or about.duration or 0.0
    if seconds < MIN_VIDEO_SECONDS or not picture.frame_rate:
        raise MediaError("truncated", f"{seconds:.3f} s of pictures")
    return Checked(path, ending, Decimal(str(round(seconds, 3))))


def _image(path: Path, max_bytes: int) -> Checked:
    folder = path.with_suffix(".image")
    folder.mkdir()
    picture = images.accept(path, folder, max_bytes=max_bytes)
    return Checked(picture.path, picture.ending)


def _sound(path: Path, about: Probe) -> Checked:
    stream = about.audio
    ending = _SOUND_ENDINGS.get(about.format_name)
    if stream is None or ending is None:
        raise MediaError("no_sound", about.format_name)
    seconds = stream.duration or about.duration or 0.0
    if seconds < MIN_SOUND_SECONDS:
        raise MediaError("truncated", f"{seconds:.3f} s of sound")
    return Checked(path, ending, Decimal(str(round(seconds, 3))))


def _check_size(picture: Stream) -> None:
    if not (0 < picture.width <= MAX_SIDE and 0 < picture.height <= MAX_SIDE):
        raise MediaError("too_many_pixels", f"{picture.width}x{picture.height}")
