"""`manage.py render_videos`: make the films of videos, or make them again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from vibecraft.jobs.models import Job
from vibecraft.management.batch import BatchCommand
from vibecraft.management.selecting import select
from videos import drafts, remaking
from videos.models import Video
from videos.pipeline import start_generation


class Command(BatchCommand):
    help = (
        "Makes the clips and the film of videos that failed or were canceled, with --state also of "
        "drafts. With --state ready it makes all clips of finished films again: the new film replaces "
        "the old one once it is verified, and the old takes stay to be chosen. Final videos are left "
        "out. Says the price first; what costs something is begun only with --yes or a --budget. "
        "Budgets and limits of users hold. One that is being made already is followed, not started "
        "twice."
    )
    verb = "rendered"
    states = (*Video.STARTABLE, Video.Status.READY)
    usual = (Video.Status.FAILED, Video.Status.CANCELED)
    has_flavor = True

    def every(self) -> QuerySet[Video]:
        return Video.objects.select_related("owner", "song")

    def rows(self, options: dict[str, Any]) -> list[Video]:
        videos = self.every().filter(is_finalized=False)
        if options["flavor"]:
            videos = videos.filter(flavor__in=options["flavor"])
        return select(videos, options)

    def price(self, row: Video) -> Decimal:
        return remaking.price_of_film(row) if _is_made(row) else drafts.price_of(row)

    def under_way(self, row: Video) -> Job | None:
        jobs = Job.objects.filter(video_id=row.pk, kind=Job.Kind.GENERATION)
        return jobs.active().first()

    def begin(self, row: Video, options: dict[str, Any]) -> Job:
        return remaking.remake_film(row) if _is_made(row) else start_generation(row)


def _is_made(video: Video) -> bool:
    return video.status == Video.Status.READY
