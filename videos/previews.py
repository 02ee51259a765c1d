"""A free preview of a plan: its cuts and its words, drawn by the visualizer as a video of its own [H9]."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction

from vibecraft.problems import not_possible
from videos import drafts, pipeline
from videos.formats import TITLE_CHARS, new_clip
from videos.models import Clip, Video
from videos.stills import BUILTIN

COPIED = (
    "owner",
    "song",
    "video_type",
    "idea",
    "overall_prompt",
    "negative_prompt",
    "flavor",
    "aspect_ratio",
    "seed",
    "scenes_by",
)
ENDING = " preview"


def make_preview(video: Video, *, key: uuid.UUID | None = None) -> Video:
    """Begin a film with this plan's cuts and words that costs nothing; the same `key`: the same one.

    It counts as a video, like another format. Problem: 409 without a plan or once the video is no
    draft, 429 over the quota; then nothing was begun.
    """
    pk = key or uuid.uuid4()
    earlier = _earlier(video, pk)
    if earlier is not None:
        return earlier
    drafts.check_editable(video)
    if not video.clips.exists():
        raise not_possible("no_plan", "Plan the clips first.", video_id=str(video.pk))
    try:
        return _begin(video, pk)
    except IntegrityError:
        # The same request twice at once: the other one was first.
        return Video.objects.get(owner=video.owner_id, pk=pk)


def _earlier(video: Video, pk: uuid.UUID) -> Video | None:
    return Video.objects.filter(owner=video.owner_id, pk=pk).first()


def _begin(video: Video, pk: uuid.UUID) -> Video:
    with transaction.atomic():
        same = {name: getattr(video, name) for name in COPIED}
        title = video.title[: TITLE_CHARS - len(ENDING)] + ENDING
        made = Video.objects.create(**same, id=pk, title=title, model=BUILTIN)
        Clip.objects.bulk_create(new_clip(made, clip) for clip in video.clips.all())
        pipeline.start_generation(made)
    made.refresh_from_db()
    return made
