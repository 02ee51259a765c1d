"""Videos and images of the stand-in: lists of words for ffmpeg, and the functions that run it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from vibecraft.media.ffmpeg import run
from vibecraft.media.files import url
from vibecraft.media.limits import AUDIO_PROBE, MAX_PIXELS, Guard
from vibecraft.media.probe import probe
from vibecraft.predictions.standin.labels import draw_card, draw_mark
from vibecraft.predictions.standin.shapes import Size, VideoShape, even

ZOOM = 0.12
STILL = Guard(
    formats=("png_pipe", "jpeg_pipe", "webp_pipe", "image2"),
    codecs=("png", "mjpeg", "webp"),
    max_pixels=MAX_PIXELS,
)
TO_VIDEO = "out_color_matrix=bt709:out_range=tv,format=yuv420p"
_TAGS = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]


@dataclass(frozen=True)
class Shot:
    """All that a video is made of. `media` is the fault asked for, if any."""

    shape: VideoShape
    text: str
    label: str
    first: Path | None = None
    last: Path | None = None
    sound: Path | None = None
    has_tone: bool = False
    media: str | None = None


def still_size(path: Path) -> Size:
    """[width, height] of a given image. Raises MediaError."""
    picture = probe(path, guard=STILL).video
    if picture is None or not picture.width:
        return (1, 1)
    return picture.width, picture.height


# --- videos --------------------------------------------------------------------------------------


def spoiled(shot: Shot) -> Shot:
    """The shot with the wrong length, size or rate that its fault asks for."""
    shape = shot.shape
    width, height = shape.size
    changed = {
        "shorter": replace(shape, frames=max(2, shape.frames // 2)),
        "longer": replace(shape, frames=shape.frames * 3 // 2),
        "wrong_size": replace(shape, size=(even(width / 2), even(height / 2))),
        "portrait": replace(shape, size=(min(height, width), max(height, width))),
        "wrong_rate": _at_rate(shape, Fraction(30) if shape.rate != 30 else Fraction(25)),
    }.get(shot.media or "", shape)
    tone = {"sound": True, "silent": False}.get(shot.media or "", shot.has_tone)
    sound = None if shot.media == "silent" else shot.sound
    return replace(shot, shape=changed, has_tone=tone, sound=sound)


def _at_rate(shape: VideoShape, rate: Fraction) -> VideoShape:
    return replace(shape, frames=round(shape.frames * rate / shape.rate), rate=rate)


def make_video(shot: Shot, dst: Path) -> Path:
    """Write the shot: a slow zoom on its first image (or card), to its last image if given."""
    shot = spoiled(shot)
    with tempfile.TemporaryDirectory(dir=dst.parent) as name:
        folder = Path(name)
        mark = draw_mark(folder / "mark.png", shot.shape.size)
        card = folder / "card.png"
        if shot.first is None:
            draw_card(card, shot.shape.size, shot.text, shot.label)
        words = video_inputs(shot, card, mark)
        words += ["-filter_complex", video_graph(shot), *video_output(shot)]
        run([*words, "-y", url(folder / "out.mp4")], folder=folder)
        shutil.move(folder / "out.mp4", dst)
    return dst


def video_inputs(shot: Shot, card: Path, mark: Path) -> list[str]:
    """First picture, mark, last picture, sound: in this order."""
    words = _image(shot.first) if shot.first else ["-i", url(card)]
    words += ["-i", url(mark)]
    if shot.last:
        words += _image(shot.last)
    if shot.sound:
        words += [*AUDIO_PROBE.options(), "-i", url(shot.sound)]
    elif shot.has_tone:
        words += ["-f", "lavfi", "-i", "sine=frequency=220:sample_rate=48000"]
    return words


def _image(path: Path) -> list[str]:
    return [*STILL.options(), "-i", url(path)]


def video_graph(shot: Shot) -> str:
    """The filters from the pictures to `[v]`."""
    frames, rate, size = shot.shape.frames, shot.shape.rate, shot.shape.size
    parts = [_filled("0:v", "a", size, frames, rate, ZOOM)]
    picture = "a"
    if shot.last:
        seconds = float((frames - 1) / rate)
        parts.append(_filled("2:v", "b", size, frames, rate, 0))
        parts.append(f"[a][b]xfade=transition=fade:duration={seconds:.6f}:offset=0[ab]")
        picture = "ab"
    finish = {"black": ",lutyuv=y=16:u=128:v=128", "vfr": ",select='not(mod(n*n,7)-2)+lt(n,3)'"}
    tail = finish.get(shot.media or "", "")
    parts.append(f"[{picture}][1:v]overlay=format=yuv420{tail}[v]")
    return ";".join(parts)


def _filled(source: str, name: str, size: Size, frames: int, rate: Fraction, zoom: float) -> str:
    width, height = size
    middle = "x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2'"
    steps = f"z='1+{zoom}*on/{frames}':{middle}:d={frames}:s={width}x{height}:fps={rate}"
    fill = f"scale={width}:{height}:force_original_aspect_ratio=increase"
    return f"[{source}]{fill}:{TO_VIDEO},crop={width}:{height},setsar=1,zoompan={steps}[{name}]"


def video_output(shot: Shot) -> list[str]:
    """Output options, without the file. The graph gives exactly the shot's frames."""
    words = ["-map", "[v]", "-map_metadata", "-1"]
    if shot.media == "vfr":
        words += ["-vsync", "vfr"]
    else:
        words += ["-r", str(shot.shape.rate)]
    if shot.media == "wrong_codec":
        words += ["-c:v", "mpeg4", "-q:v", "5"]
    else:
        words += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-threads", "2"]
    words += ["-pix_fmt", "yuv420p", *_TAGS, "-movflags", "+faststart"]
    if shot.sound or shot.has_tone:
        number = 3 if shot.last else 2
        fitted = f"apad,atrim=duration={shot.shape.seconds:.6f}"
        words += ["-map", f"{number}:a", "-af", fitted, "-c:a", "aac", "-b:a", "128k"]
    return words


# --- images --------------------------------------------------------------------------------------


def make_image(
    dst: Path, size: Size, text: str, label: str, references: Sequence[Path] = ()
) -> Path:
    """Write an image with the text on it and up to four references pasted in."""
    references = references[:4]
    with tempfile.TemporaryDirectory(dir=dst.parent) as name:
        folder = Path(name)
        card = draw_card(folder / "card.png", size, text, label)
        words = ["-i", url(card)]
        for reference in references:
            words += _image(reference)
        words += ["-filter_complex", image_graph(size, len(references)), "-map", "[v]"]
        made = folder / dst.name
        run([*words, "-frames:v", "1", *image_output(dst.suffix), "-y", url(made)], folder=folder)
        shutil.move(made, dst)
    return dst


def image_graph(size: Size, references: int) -> str:
    """The filters that paste the references in a row over the lower half."""
    width, height = size
    parts, picture = [], "0:v"
    for number in range(1, references + 1):
        box = f"{even(width / references - 8)}:{even(height / 2 - 8)}"
        left, top = round(width * (number - 1) / references) + 4, height // 2 - height // 12
        parts.append(f"[{number}:v]scale={box}:force_original_aspect_ratio=decrease[r{number}]")
        parts.append(f"[{picture}][r{number}]overlay={left}:{top}[p{number}]")
        picture = f"p{number}"
    return ";".join([*parts, f"[{picture}]format=rgb24[v]"])


def image_output(suffix: str) -> list[str]:
    """Output options of an image by its file's ending."""
    if suffix == ".webp":
        return ["-c:v", "libwebp", "-quality", "80", "-f", "webp"]
    if suffix == ".jpg":
        return ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", "-f", "image2"]
    return ["-c:v", "png", "-f", "image2"]
