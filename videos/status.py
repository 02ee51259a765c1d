"""How a video stands: the API's `status`, from the same numbers that pages and admin show."""

from __future__ import annotations

from typing import Any

from vibecraft.jobs import statuscache, watching
from vibecraft.jobs.claims import ACTIVE
from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import Progress, progress_of
from videos.models import Video

IDLE = {
    Video.Status.DRAFT: "Not started yet.",
    Video.Status.STORYBOARD: "The storyboard waits for you.",
    Video.Status.READY: "Your film is ready.",
    Video.Status.CANCELED: "Canceled. Nothing of it was kept.",
}
NOTHING = dict.fromkeys(("total", "completed", "failed", "retrying", "in_progress", "waiting"), 0)


def video_status(video: Video) -> dict[str, Any]:
    """Return the API's `status` object. While it is being made, one query tells whether it is known."""
    watch = watching.watch([video.job_id]) if video.is_running else None
    if watch is None:
        return _status(video)
    key, version = f"status:{video.pk}", f"{watch} {_purse(video)}"
    known: dict[str, Any] | None = statuscache.get(key, version)
    if known is None:
        known = _status(video)
        statuscache.put(key, version, known)
    return known


def _purse(video: Video) -> str:
    """What the video's own row adds to the version of its job."""
    return f"{video.status} {video.actual_usd} {video.reserved_usd}"


def _status(video: Video) -> dict[str, Any]:
    job = Job.objects.filter(pk=video.job_id).first() if video.job_id else None
    shown = progress_of(job) if job else None
    numbers = shown.as_dict() if shown else dict[str, Any](NOTHING, seconds_left=None)
    numbers.pop("milestones", None)
    if not video.is_running:
        numbers["seconds_left"] = None
    return {
        "status": video.status,
        "step": job.step if job else "",
        "message": _message(video, shown),
        "progress": _percent(video, shown),
        **numbers,
        "cost_usd": float(video.actual_usd),
        "reserved_usd": float(video.reserved_usd),
        "job_id": str(job.pk) if job else None,
        "error": video.error,
    }


def _percent(video: Video, shown: Progress | None) -> int:
    if video.status == Video.Status.READY:
        return 100
    return shown.percent if shown else 0


def _message(video: Video, shown: Progress | None) -> str:
    if video.error:
        return str(video.error["detail"])
    # Stills are made while the video itself is not under way.
    if shown is not None and (video.is_running or shown.status in ACTIVE):
        return shown.message
    return IDLE.get(Video.Status(video.status), "")
