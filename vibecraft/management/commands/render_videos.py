"""`manage.py render_videos`: make videos whose film is not there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from vibecraft.jobs.models import Job
from vibecraft.management.batch import BatchCommand
from vibecraft.management.selecting import select
from videos import drafts
from videos.models import Video
from videos.pipeline import start_generation


class Command(BatchCommand):
    help = (
        "Makes the clips and the film of videos that failed, were canceled, or are drafts. Says the "
        "price first; what costs something is begun only with --yes or a --budget. Budgets and "
        "limits of users hold. One that is being made already is followed, not started twice."
    )
    verb = "rendered"
    states = tuple(Video.STARTABLE)
    usual = (Video.Status.FAILED, Video.Status.CANCELED)
    has_flavor = True

    def rows(self, options: dict[str, Any]) -> list[Video]:
        videos = Video.objects.select_related("owner", "song")
        if options["flavor"]:
            videos = videos.filter(flavor__in=options["flavor"])
        return select(videos, options)

    def price(self, row: Video) -> Decimal:
        return drafts.price_of(row)

    def under_way(self, row: Video) -> Job | None:
        jobs = Job.objects.filter(video_id=row.pk, kind=Job.Kind.GENERATION)
        return jobs.active().first()

    def begin(self, row: Video, options: dict[str, Any]) -> Job:
        return start_generation(row)
