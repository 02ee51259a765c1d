"""Storyboards for tests: drafts of a short song, made with the stand-in or drawn here."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from songs.models import Song
from vibecraft import storage
from videos import assets, drafts
from videos.models import Asset, Clip, Still, Video

AI_MODEL = "hailuo-2.3-fast"


def draft(song: Song, sections_of: Callable[..., Any], **choices: Any) -> Video:
    """A planned draft; its sections are drawn first."""
    if not song.sections.exists():
        sections_of(song)
    video = drafts.create_video(song.owner, song, **choices)
    drafts.plan_video(video, seed=11)
    return video


def fresh(video: Video) -> Video:
    return Video.objects.select_related("owner", "song").get(pk=video.pk)


def clips(video: Video) -> list[Clip]:
    return list(video.clips.select_related("chosen_still", "video__owner", "video__song"))


def chosen(video: Video) -> list[Still]:
    return [clip.chosen_still for clip in clips(video) if clip.chosen_still is not None]


def size_of(key: str) -> tuple[int, int]:
    with storage.local(key) as path:
        return Image.open(path).size


def used(owner: User) -> int:
    owner.refresh_from_db()
    return owner.storage_used_bytes


def character(owner: User) -> Asset:
    """A small portrait of noise."""
    noise = np.random.default_rng(5).integers(0, 256, (300, 200, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return assets.bring(owner, SimpleUploadedFile("Nadia.png", file.getvalue()))
