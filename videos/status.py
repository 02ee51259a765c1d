"""How a video stands: the one source of the page's progress and the API's `status`."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job
from videos import waiting
from videos.generation import CLIPS_SHARE
from videos.models import Take, Video
from videos.waiting import AtService

# What joining, storing and checking take of the time of making the clips, for the time left.
COMPOSITION_PART = 0.06
IDLE = {
    Video.Status.DRAFT: "Not started yet.",
    Video.Status.STORYBOARD: "The storyboard waits for you.",
    Video.Status.READY: "Your film is ready.",
    Video.Status.CANCELED: "Canceled. Nothing of it was kept.",
}


def video_status(video: Video) -> dict[str, Any]:
    """Return the API's `status` object, from two indexed queries; from five where it is paid."""
    job = Job.objects.filter(pk=video.job_id).first() if video.job_id else None
    service = _service(video, job)
    counts = _counts(job)
    counts["retrying"] += service.retrying if service else 0
    return {
        "status": video.status,
        "step": job.step if job else "",
        "message": _message(video, job, counts, service),
        "progress": _progress(video, job),
        "total": counts["total"],
        "completed": counts["completed"],
        "failed": counts["failed"],
        "retrying": counts["retrying"],
        "in_progress": counts["in_progress"],
        "waiting": service.waiting if service else 0,
        "seconds_left": _seconds_left(video, job, counts, service),
        "cost_usd": float(video.actual_usd),
        "reserved_usd": float(video.reserved_usd),
        "job_id": str(job.pk) if job else None,
        "error": video.error,
    }


def _service(video: Video, job: Job | None) -> AtService | None:
    """How its calls stand, while clips are made by the service."""
    is_asked = job is not None and video.status == Video.Status.GENERATING
    if job is None or not is_asked or not waiting.is_made_elsewhere(video):
        return None
    return waiting.at_service(job)


def _counts(job: Job | None) -> dict[str, int]:
    if job is None:
        return dict.fromkeys(
            ("total", "completed", "failed", "retrying", "in_progress", "frames_done"), 0
        )
    takes = Take.objects.of_job(job.pk)
    found = takes.aggregate(
        total=Count("pk"),
        completed=Count("pk", filter=Q(status=Status.SUCCEEDED)),
        failed=Count("pk", filter=Q(status=Status.FAILED)),
        retrying=Count("pk", filter=Q(status=Status.QUEUED, attempts__gt=0)),
        in_progress=Count("pk", filter=Q(status=Status.RUNNING)),
        frames_done=Sum("frames_done"),
    )
    return {name: value or 0 for name, value in found.items()}


def _progress(video: Video, job: Job | None) -> int:
    if video.status == Video.Status.READY:
        return 100
    return job.progress if job else 0


def _message(
    video: Video, job: Job | None, counts: dict[str, int], service: AtService | None
) -> str:
    if video.error:
        return video.error["detail"]
    if job is None or not video.is_running:
        return IDLE.get(Video.Status(video.status), "")
    retrying = f", {counts['retrying']} retrying" if counts["retrying"] else ""
    elsewhere = service.waiting if service else 0
    waits = f", {elsewhere} waiting for the service" if elsewhere else ""
    return job.message + retrying + waits


def _seconds_left(
    video: Video, job: Job | None, counts: dict[str, int], service: AtService | None
) -> int | None:
    """From the frames drawn so far; None before there is anything to judge by."""
    if job is None or not video.is_running or job.started_at is None:
        return None
    if service is not None:
        to_make = counts["total"] - counts["completed"]
        return waiting.seconds_left(video, job, service, to_make=to_make)
    elapsed = (timezone.now() - job.started_at).total_seconds()
    if video.status == Video.Status.COMPOSING:
        share = max(0, 100 - job.progress) / (100 - CLIPS_SHARE)
        return round(elapsed * COMPOSITION_PART * share)
    if counts["frames_done"] < 24 or elapsed < 2:
        return None
    speed = counts["frames_done"] / elapsed
    left = max(0, video.song.frames - counts["frames_done"]) / speed
    return round(left + COMPOSITION_PART * video.song.frames / speed)
