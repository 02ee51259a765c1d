"""What the player's page says of lip-sync: for each clip its price, or why it is not offered."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job
from vibecraft.predictions.catalog import Model
from vibecraft.problems import Problem
from videos import changing, lipsync
from videos.models import Clip, Take, Video
from videos.showing import NewestJob, thumbnail_url


@dataclass(frozen=True)
class ClipOffer:
    """What can be done for one clip: at what price, or the reason why not."""

    clip: Clip
    usd: Decimal | None
    reason: str
    is_synced: bool

    @property
    def number(self) -> int:
        return self.clip.clip_index + 1


@dataclass(frozen=True)
class ShownLipsync(NewestJob):
    """How it stands for a video. `reason` is why no clip of it can be lip-synced."""

    reason: str
    offers: list[ClipOffer]


def shown(video: Video) -> ShownLipsync:
    """The state of a video and of all its clips."""
    job = Job.objects.filter(video_id=video.pk, kind=Job.Kind.LIPSYNC).first()
    try:
        model = lipsync.check_video(video)
        if job is None or job.is_terminal:
            changing.check_free(video)
    except Problem as problem:
        return ShownLipsync(job, problem.sentence, [])
    clips = list(video.clips.select_related("chosen_take"))
    prices = lipsync.prices_of(model, clips)
    offers = [_offer(video, clip, model, usd) for clip, usd in zip(clips, prices, strict=True)]
    return ShownLipsync(job, "", offers)


def _offer(video: Video, clip: Clip, model: Model, usd: Decimal) -> ClipOffer:
    try:
        take = lipsync.check_clip(video, clip, model)
    except Problem as problem:
        return ClipOffer(clip, None, problem.sentence, is_synced=False)
    is_synced = take.kind == Take.Kind.LIPSYNC
    return ClipOffer(clip, usd, "", is_synced)


def news(video: Video, state: ShownLipsync, seen: str) -> dict[str, Any] | None:
    """What the page needs to show the new film, once the job that it has seen has made it."""
    job = state.job
    if job is None or str(job.pk) != seen or job.status != Status.SUCCEEDED:
        return None
    take = Take.objects.of_job(job.pk).select_related("clip").first()
    return {
        "film": f"{reverse('video-film', args=[video.pk])}?made={job.pk}",
        "pictures": {take.clip.clip_index: thumbnail_url(video, take)} if take else {},
    }
