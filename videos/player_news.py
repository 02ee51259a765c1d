"""What is new on the player's page: one answer for all that is being made of a finished video."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.gate import signed_in
from vibecraft.jobs.claims import ACTIVE
from vibecraft.jobs.models import Job
from vibecraft.jobs.watching import Watch
from videos import exporting, lipsync_showing, remaking_showing
from videos.models import Video
from videos.views import get_video
from videos.watched import OF_THE_FILM, jobs_of_player, news_watch


@require_safe
@signed_in
def video_news(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The parts of the player that may have changed; when nothing runs, the asking is over."""
    video = get_video(request, pk)
    context: dict[str, Any] = {"video": video, "is_news": True, "news_watch": news_watch(video)}
    jobs = _jobs(video, Watch.parse(request.GET.get("seen", "")))
    renewed: dict[str, Any] | None = None
    if any(job.kind in OF_THE_FILM for job in jobs):
        shown, renewed = _of_the_film(video, jobs)
        context |= shown
    if any(job.kind == Job.Kind.EXPORT for job in jobs):
        context |= exporting.exports_context(video)
    response = render(request, "videos/_news.html", context)
    if renewed is not None:
        response.headers["HX-Trigger"] = json.dumps({"film-renewed": renewed})
    return response


def _jobs(video: Video, seen: Watch | None) -> list[Job]:
    """What runs, and what the page saw running."""
    ids = seen.job_ids if seen else ()
    return [job for job in jobs_of_player(video) if job.status in ACTIVE or job.pk in ids]


def _of_the_film(video: Video, jobs: list[Job]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Takes and lip-sync together, as each may have changed the other; and the new film's news."""
    again, lipsync = remaking_showing.shown(video), lipsync_showing.shown(video)
    ids = [str(job.pk) for job in jobs]
    joined = [remaking_showing.news(video, again, one) for one in ids]
    synced = [lipsync_showing.news(video, lipsync, one) for one in ids]
    context = {
        "again": again,
        "lipsync": lipsync,
        "again_is_renewed": any(joined),
        "lipsync_is_renewed": any(synced),
    }
    return context, next((one for one in joined + synced if one), None)
