"""The scenes on a draft's page: write them, watch, cancel, take them back."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.gate import signed_in
from vibecraft.agreeing import agreed_usd
from vibecraft.problems import Problem
from videos import scenes
from videos.models import Video
from videos.views import get_video, is_fragment, video_page


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def video_scenes(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """How the scenes stand, asked for every 3 seconds while they are written; a POST starts it."""
    video = get_video(request, pk)
    if request.method != "POST":
        if not is_fragment(request):
            return _back(video)
        return _fragment(request, video, is_news=True)
    try:
        scenes.start_scenes(video, agreed_usd=agreed_usd(request))
    except Problem as problem:
        return _refused(request, video, problem)
    return _fragment(request, video) if is_fragment(request) else _back(video)


@require_POST
@signed_in
def video_scenes_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Stop the writing."""
    video = get_video(request, pk)
    scenes.cancel_scenes(video)
    return _fragment(request, video) if is_fragment(request) else _back(video)


@require_POST
@signed_in
def video_scenes_undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Go back to the built-in scenes."""
    video = get_video(request, pk)
    try:
        scenes.back_to_builtin(video)
    except Problem as problem:
        return _refused(request, video, problem)
    if not is_fragment(request):
        return _back(video)
    return _fragment(request, get_video(request, pk), is_news=True)


def _back(video: Video) -> HttpResponseBase:
    return redirect(f"{reverse('video', args=[video.pk])}#scenes")


def _refused(request: HttpRequest, video: Video, problem: Problem) -> HttpResponse:
    if is_fragment(request):
        return _fragment(request, video, problem=problem)
    return video_page(request, video, problem=problem)


def _fragment(
    request: HttpRequest, video: Video, *, problem: Problem | None = None, is_news: bool = False
) -> HttpResponse:
    """The scenes' part of the plan; `is_news` tells the page that the clips may be others now."""
    shown = scenes.shown(video)
    context = {"video": video, "scenes": shown, "scenes_problem": problem}
    status = problem.status if problem else 200
    response = render(request, "videos/_scenes.html", context, status=status)
    if is_news and not shown.is_running:
        response.headers["HX-Trigger"] = "plan-changed"
    return response
