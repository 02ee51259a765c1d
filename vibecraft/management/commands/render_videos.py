"""`manage.py render_videos`: make the films of videos, or make them again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from vibecraft.jobs.models import Job
from vibecraft.management.batch import BatchCommand
from videos import drafts, remaking
from videos.models import Video
from videos.pipeline import start_generation


class Command(BatchCommand):
    help = (
        "Makes the clips and the film of videos that failed or were canceled, with --state also of "
        "drafts. With --state ready it makes all clips of finished films again: the new film replaces "
        "the old one once it is verified, and the old takes stay to be chosen. Final videos are left "
        "out. Says the price first; what costs something is begun only with --yes or a --budget, and "
        "nothing is begun that costs more by then. "
        "Budgets and limits of users hold. One that is being made already is followed, not started "
        "twice; with --state generating, --state composing and --here it is gone on with where nobody "
        "else does."
    )
    verb = "rendered"
    states = (*Video.STARTABLE, *Video.RUNNING, Video.Status.READY)
    usual = (Video.Status.FAILED, Video.Status.CANCELED)
    has_flavor = True

    def every(self) -> QuerySet[Video]:
        return Video.objects.select_related("owner", "song")

    def possible(self) -> QuerySet[Video]:
        return self.every().filter(is_finalized=False)

    def price(self, row: Video) -> Decimal:
        if row.is_running:
            # It was agreed to when it was begun.
            return Decimal(0)
        return remaking.price_of_film(row) if _is_made(row) else drafts.price_of(row)

    def under_way(self, row: Video) -> Job | None:
        jobs = Job.objects.filter(video_id=row.pk, kind=Job.Kind.GENERATION)
        if row.is_running:
            # Also where it has ended since it was chosen: then that is how it ends here.
            return jobs.filter(pk=row.job_id).first()
        return jobs.active().first()

    def begin(self, row: Video, options: dict[str, Any]) -> Job:
        begin = remaking.remake_film if _is_made(row) else start_generation
        return begin(row, agreed_usd=self.told[row.pk])


def _is_made(video: Video) -> bool:
    return video.status == Video.Status.READY
