"""What the pages show of a video's formats and of where its clips are cropped."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from vibecraft.jobs.models import Job
from vibecraft.media.house import SIZES, Size
from vibecraft.media.normalize import Focus
from vibecraft.problems import Problem
from videos import formats, reframing
from videos.models import Clip, Take, Video
from videos.showing import thumbnail_url

FRAME_PIXELS = 36
SEEN_ON = {
    "16:9": "For screens and televisions",
    "9:16": "For phones: reels, shorts, stories",
    "1:1": "For feeds and covers",
}


@dataclass(frozen=True)
class ShownFormat:
    """One format: this video's own, one that is there, or one that can be made (or why not)."""

    value: str
    name: str
    use: str
    pixels: str
    video: Video | None
    is_this: bool
    reason: str

    @property
    def frame_width(self) -> float:
        """The little frame beside it, around the middle of its drawing."""
        width, height = SIZES[self.value]
        return FRAME_PIXELS * width / max(width, height)

    @property
    def frame_height(self) -> float:
        width, height = SIZES[self.value]
        return FRAME_PIXELS * height / max(width, height)

    @property
    def frame_x(self) -> float:
        return -self.frame_width / 2

    @property
    def frame_y(self) -> float:
        return -self.frame_height / 2


def formats_context(video: Video, clips: Sequence[Clip]) -> dict[str, Any]:
    """The formats of a video with a film; its clips come with their takes and the takes' sources."""
    relatives = _family(video)
    family = {one.aspect_ratio: one for one in relatives}
    takes = [clip.film_take or clip.chosen_take for clip in clips]
    reason = _reason(video, clips)
    return {
        "picture_formats": [_format(video, value, family.get(value), reason) for value in SIZES],
        "is_drawn_anew": all(take is None or formats.is_drawn(take) for take in takes),
        "has_crops": any(take and take.kind == Take.Kind.REFRAMED for take in takes),
        "has_formats": any(one.format_of_id == video.pk for one in relatives),
        "format_key": uuid.uuid4(),
    }


def _family(video: Video) -> list[Video]:
    """The video that this one is a format of, and the others made of the same, newest last."""
    first = video.format_of_id or video.pk
    same = Q(pk=first) | Q(format_of=first) | Q(format_of=video.pk)
    return list(Video.objects.filter(same, owner=video.owner_id).order_by("created_at"))


def _format(video: Video, value: str, there: Video | None, reason: str) -> ShownFormat:
    width, height = SIZES[value]
    label = Video.AspectRatio(value).label.removeprefix(value).strip()
    is_this = value == video.aspect_ratio
    return ShownFormat(
        value=value,
        name=label.capitalize(),
        use=SEEN_ON[value],
        pixels=f"{width} × {height}",
        video=video if is_this else there,
        is_this=is_this,
        reason="" if is_this or there else reason,
    )


def _reason(video: Video, clips: Sequence[Clip]) -> str:
    """Why no other format can be made, or "": the same for each of them."""
    other = next(value for value in SIZES if value != video.aspect_ratio)
    try:
        formats.check(video, other)
        formats.pairs_of(video, clips)
    except Problem as problem:
        return problem.sentence
    return ""


# --- where clips are cropped ---------------------------------------------------------------------


@dataclass(frozen=True)
class ShownCrop:
    """A clip on the page of focus points; `axis` is the one along which something is cut away."""

    clip: Clip
    number: int
    focus: Focus
    reason: str
    picture_url: str
    film_url: str
    source_width: int
    source_height: int
    axis: str

    @property
    def x_percent(self) -> float:
        return round(100 * self.focus[0], 1)

    @property
    def y_percent(self) -> float:
        return round(100 * self.focus[1], 1)


def focus_context(video: Video, problem: Problem | None = None) -> dict[str, Any]:
    """Everything on the page where the focus points of a video are set."""
    width, height = SIZES[video.aspect_ratio]
    shown = [_crop(crop, (width, height)) for crop in reframing.crops(video)]
    running = Job.objects.filter(video_id=video.pk).active().exclude(kind=Job.Kind.EXPORT)
    return {
        "nav": "library",
        "video": video,
        "song": video.song,
        "problem": problem,
        "crops": [one for one in shown if not one.reason],
        "others": [one for one in shown if one.reason],
        "width": width,
        "height": height,
        "is_running": running.exists(),
        "key": uuid.uuid4(),
    }


def _crop(crop: reframing.Crop, size: Size) -> ShownCrop:
    source = crop.source
    owner = source.clip.video if source else None
    width, height = SIZES[owner.aspect_ratio] if owner else size
    film = reverse("take-film", args=[owner.pk, source.pk]) if source and owner else ""
    return ShownCrop(
        clip=crop.clip,
        number=crop.clip.clip_index + 1,
        focus=crop.focus,
        reason=crop.reason,
        picture_url=thumbnail_url(owner, source) if owner else "",
        film_url=film,
        source_width=width,
        source_height=height,
        axis="x" if width * size[1] > height * size[0] else "y",
    )
