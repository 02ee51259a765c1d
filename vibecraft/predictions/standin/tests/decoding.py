"""What a decoder sees in a file."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import httpx

from vibecraft.media.ffmpeg import run


@dataclass(frozen=True)
class Seen:
    """Decoded frames and what the container says of them."""

    frames: int
    rate: Fraction
    size: tuple[int, int]
    codec: str
    gaps: tuple[float, ...]
    sound_seconds: float | None


def fetch(url: str, folder: Path) -> Path:
    """The file behind an address, without a token."""
    answer = httpx.get(url, timeout=20)
    assert answer.status_code == 200
    path = folder / url.rpartition("/")[2]
    path.write_bytes(answer.content)
    return path


def decode(path: Path) -> Seen:
    """Decode a video in full."""
    entries = (
        "stream=codec_type,codec_name,width,height,r_frame_rate,duration:frame=pts_time,media_type"
    )
    words = ["-show_entries", entries, "-of", "json", "-i", f"file:{path}"]
    answer = json.loads(run(words, program="ffprobe", folder=path.parent).stdout)
    picture = next(s for s in answer["streams"] if s["codec_type"] == "video")
    sound = next((s for s in answer["streams"] if s["codec_type"] == "audio"), None)
    times = [float(f["pts_time"]) for f in answer["frames"] if f["media_type"] == "video"]
    gaps = {round(b - a, 4) for a, b in itertools.pairwise(times)}
    return Seen(
        frames=len(times),
        rate=Fraction(picture["r_frame_rate"]),
        size=(picture["width"], picture["height"]),
        codec=picture["codec_name"],
        gaps=tuple(sorted(gaps)),
        sound_seconds=float(sound["duration"]) if sound else None,
    )


def raw_frame(path: Path, number: int, size: tuple[int, int], folder: Path) -> bytes:
    """One frame as RGB pixels of a small size."""
    words = ["-i", f"file:{path}", "-vf", f"select=eq(n\\,{number}),scale={size[0]}:{size[1]}"]
    words += ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    return run(words, folder=folder).stdout
