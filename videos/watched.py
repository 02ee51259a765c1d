"""What the page of a finished video watches: everything that is being made of it."""

from __future__ import annotations

from vibecraft.jobs.models import Job, JobQuerySet
from vibecraft.jobs.watching import Watch, watch
from videos.models import Video

OF_THE_FILM = frozenset(
    {Job.Kind.REGENERATION, Job.Kind.REFRAMING, Job.Kind.COMPOSITION, Job.Kind.LIPSYNC}
)
OF_THE_PLAYER = OF_THE_FILM | {Job.Kind.EXPORT}


def jobs_of_player(video: Video) -> JobQuerySet:
    """All jobs that the player shows, newest first."""
    return Job.objects.filter(video_id=video.pk, kind__in=OF_THE_PLAYER)


def news_watch(video: Video) -> Watch | None:
    """Those of them that run, as the page has seen them; None when nothing is to be waited for."""
    return watch(jobs_of_player(video).active().values_list("pk", flat=True))
