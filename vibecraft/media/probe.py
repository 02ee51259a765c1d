"""What a file claims to be: the answer of ffprobe as values. Claims are checked by decoding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from vibecraft.media import limits
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import run
from vibecraft.media.files import neutral, url
from vibecraft.media.limits import Guard

_STREAM_ENTRIES = (
    "index,codec_type,codec_name,codec_tag_string,profile,width,height,pix_fmt,sample_aspect_ratio,"
    "r_frame_rate,avg_frame_rate,color_space,color_range,field_order,sample_rate,channels,"
    "channel_layout,sample_fmt,bits_per_sample,bits_per_raw_sample,start_time,duration,nb_frames"
)
_ENTRIES = (
    f"format=format_name,duration,size,start_time:format_tags:stream={_STREAM_ENTRIES}"
    ":stream_disposition=attached_pic:stream_tags=rotate:stream_side_data=rotation"
)


@dataclass(frozen=True)
class Stream:
    """One stream. `codec` is empty when ffprobe does not know it; seconds are None when unclaimed.

    `rotation` is in degrees counter-clockwise as ffprobe says it, `bits` per sample (0: unknown).
    """

    index: int
    kind: str
    codec: str
    codec_tag: str
    is_attached_picture: bool
    start: float | None
    duration: float | None
    frames: int | None
    width: int
    height: int
    pixel_format: str
    sample_aspect: Fraction
    frame_rate: Fraction
    rotation: int
    color_space: str
    color_range: str
    field_order: str
    sample_rate: int
    channels: int
    sample_format: str
    bits: int


@dataclass(frozen=True)
class Probe:
    """A file as it describes itself: `duration` in seconds or None, `size` in bytes."""

    format_name: str
    duration: float | None
    size: int
    tags: Mapping[str, str]
    streams: tuple[Stream, ...]

    @property
    def audio(self) -> Stream | None:
        """The first sound stream."""
        return next((stream for stream in self.streams if stream.kind == "audio"), None)

    @property
    def video(self) -> Stream | None:
        """The first moving picture; a cover is none."""
        moving = (s for s in self.streams if s.kind == "video" and not s.is_attached_picture)
        return next(moving, None)


def probe(path: Path, *, guard: Guard = limits.OWN) -> Probe:
    """Ask ffprobe about a file. `guard` says whose file it is (default: one that we wrote).

    Raises MediaError: not_media when it cannot be read, or as `run` does.
    """
    with neutral(path) as link:
        answer = run(
            [*guard.options(), "-of", "json", "-show_entries", _ENTRIES, "-i", url(link)],
            program="ffprobe",
            folder=link.parent,
            limits=limits.PROBE,
            check=False,
        )
    if answer.exit_code != 0:
        raise MediaError("not_media", answer.stderr_tail)
    return read_answer(json.loads(answer.stdout))


def read_answer(answer: Mapping[str, Any]) -> Probe:
    """The JSON of ffprobe as a Probe."""
    about = answer.get("format", {})
    tags = {str(name).lower(): str(text) for name, text in about.get("tags", {}).items()}
    return Probe(
        format_name=about.get("format_name", ""),
        duration=_number(about.get("duration")),
        size=int(about.get("size", 0)),
        tags=tags,
        streams=tuple(_stream(entry) for entry in answer.get("streams", ())),
    )


def _stream(entry: Mapping[str, Any]) -> Stream:
    return Stream(
        index=int(entry.get("index", 0)),
        kind=entry.get("codec_type", ""),
        codec=_known(entry.get("codec_name")),
        codec_tag=_known(entry.get("codec_tag_string")),
        is_attached_picture=bool(entry.get("disposition", {}).get("attached_pic", 0)),
        start=_number(entry.get("start_time")),
        duration=_number(entry.get("duration")),
        frames=_whole(entry.get("nb_frames")) or None,
        width=_whole(entry.get("width")),
        height=_whole(entry.get("height")),
        pixel_format=_known(entry.get("pix_fmt")),
        sample_aspect=_fraction(entry.get("sample_aspect_ratio")) or Fraction(1),
        frame_rate=_fraction(entry.get("avg_frame_rate")) or _fraction(entry.get("r_frame_rate")),
        rotation=_rotation(entry),
        color_space=_known(entry.get("color_space")),
        color_range=_known(entry.get("color_range")),
        field_order=_known(entry.get("field_order")),
        sample_rate=_whole(entry.get("sample_rate")),
        channels=_whole(entry.get("channels")),
        sample_format=_known(entry.get("sample_fmt")),
        bits=_whole(entry.get("bits_per_raw_sample")) or _whole(entry.get("bits_per_sample")),
    )


def _rotation(entry: Mapping[str, Any]) -> int:
    turns = [side["rotation"] for side in entry.get("side_data_list", ()) if "rotation" in side]
    return _whole(turns[0]) if turns else 0


def _known(value: object) -> str:
    text = str(value or "")
    return "" if text in ("unknown", "none", "N/A") else text


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _whole(value: object) -> int:
    number = _number(value)
    return int(number) if number is not None else 0


def _fraction(value: object) -> Fraction:
    """ "30000/1001" or "4:3" as a Fraction; 0 when it says nothing."""
    above, _, below = str(value or "0").replace(":", "/").partition("/")
    top, bottom = _whole(above), _whole(below or "1")
    return Fraction(top, bottom) if bottom else Fraction(0)
