"""Exports as the player shows them, and their files over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vibecraft.media.transcode import size_of
from vibecraft.ranged import is_beginning, ranged
from videos.export_model import Export
from videos.export_requests import current_exports
from videos.models import Video

CONTENT_TYPES = {"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm"}
FORMATS = (
    ("mp4", "MP4", "plays everywhere"),
    ("mov", "MOV", "for editing on a Mac"),
    ("webm", "WebM", "free, for the web"),
)
LYRICS = (
    ("", "None"),
    ("line", "Line by line"),
    ("karaoke", "Word by word (karaoke)"),
    ("large", "Large, in the middle"),
)


@dataclass(frozen=True)
class HeightChoice:
    """A size of the picture, named as people say it."""

    value: int
    name: str
    pixels: str


def export_choices(video: Video) -> dict[str, Any]:
    """What can be chosen for an export of this video."""
    heights = [_height(video, height) for height in sorted(Export.Height.values, reverse=True)]
    return {"formats": FORMATS, "heights": heights, "lyrics_styles": LYRICS}


def _height(video: Video, height: int) -> HeightChoice:
    width, lines = size_of(video.aspect_ratio, height)
    return HeightChoice(height, f"{height}p", f"{width} × {lines}")


def exports_context(video: Video) -> dict[str, Any]:
    """The exports of a video as a list that is asked for again while one is being made."""
    rows = current_exports(video)
    is_making = any(row.status == Export.Status.MAKING for row in rows)
    return {"video": video, "exports": rows, "is_exporting": is_making}


def send_export(request: HttpRequest, export: Export) -> HttpResponseBase:
    """The file as a download, in ranges where that is asked for; its beginning counts as one."""
    name = f"{export.video.title} {export.height}p{_lyrics_in_name(export)}.{export.format}"
    response = ranged(
        request,
        export.key,
        content_type=CONTENT_TYPES[export.format],
        filename=name,
        download=True,
        in_parts=True,
    )
    if is_beginning(request, response):
        export.count_download()
    return response


def _lyrics_in_name(export: Export) -> str:
    return f" {export.get_lyrics_display().lower()} lyrics" if export.lyrics else ""
