"""`manage.py recompose_videos`: join the films of finished videos again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from vibecraft.jobs.models import Job
from vibecraft.management.batch import BatchCommand
from videos.models import Video
from videos.pipeline import start_composition


class Command(BatchCommand):
    help = (
        "Joins the chosen takes of finished videos to new films; each replaces the old one once it "
        "is verified. Costs nothing. Final videos are left out: their takes are gone. With a "
        "--journal the same call again goes on where it was ended."
    )
    verb = "joined again"
    states = (Video.Status.READY,)
    usual = (Video.Status.READY,)
    has_flavor = True

    def every(self) -> QuerySet[Video]:
        return Video.objects.select_related("owner", "song")

    def possible(self) -> QuerySet[Video]:
        return self.every().filter(is_finalized=False)

    def under_way(self, row: Video) -> Job | None:
        jobs = Job.objects.filter(video_id=row.pk, kind=Job.Kind.COMPOSITION)
        return jobs.active().first()

    def begin(self, row: Video, options: dict[str, Any]) -> Job:
        return start_composition(row)
