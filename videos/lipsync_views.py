"""Lip-sync on the player's page: start it for a clip, watch, cancel."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.gate import signed_in
from vibecraft.agreeing import agreed_usd
from vibecraft.problems import Problem
from videos import lipsync
from videos.lipsync_showing import ShownLipsync, shown
from videos.models import Video
from videos.views import get_video, is_fragment, video_page
from videos.watched import news_watch


@require_POST
@signed_in
def clip_lipsync(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponseBase:
    """Lip-sync the clip of this number, at the price that was shown."""
    video = get_video(request, pk)
    clips = video.clips.select_related("chosen_take")
    clip = get_object_or_404(clips, clip_index=number - 1)
    try:
        lipsync.start_lipsync(video, clip, agreed_usd=agreed_usd(request))
    except Problem as problem:
        if not is_fragment(request):
            return video_page(request, video, problem=problem)
        return _fragment(request, video, shown(video), problem=problem)
    return _fragment(request, video, shown(video)) if is_fragment(request) else _back(video)


@require_POST
@signed_in
def video_lipsync_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Stop it; clip and film stay as they are."""
    video = get_video(request, pk)
    lipsync.cancel_lipsync(video)
    return _fragment(request, video, shown(video)) if is_fragment(request) else _back(video)


def _back(video: Video) -> HttpResponseBase:
    return redirect(f"{reverse('video', args=[video.pk])}#lipsync")


def _fragment(
    request: HttpRequest,
    video: Video,
    state: ShownLipsync,
    *,
    problem: Problem | None = None,
) -> HttpResponse:
    """The lip-sync part of the player, and beside it what the page asks for from now on."""
    context = {
        "video": video,
        "lipsync": state,
        "lipsync_problem": problem,
        "watches_anew": True,
        "news_watch": news_watch(video),
    }
    status = problem.status if problem else 200
    return render(request, "videos/_lipsync.html", context, status=status)
