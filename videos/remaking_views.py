"""Takes on the player's page: make a clip or its section again, choose among takes, join again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.gate import signed_in
from vibecraft.agreeing import agreed_usd
from vibecraft.problems import Problem
from videos import drafts, pipeline, remaking
from videos.models import Clip, Video
from videos.remaking_showing import shown
from videos.views import get_video, is_fragment, video_page
from videos.watched import news_watch


@require_POST
@signed_in
def clip_again(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponseBase:
    """Make the clip of this number again, at the price that was shown."""
    video = get_video(request, pk)
    clip = _clip(video, number)
    prompt, agreed = request.POST.get("prompt", ""), agreed_usd(request)
    return _answer(
        request,
        video,
        lambda: remaking.remake_clip(video, clip, prompt=prompt, agreed_usd=agreed),
        typed={"typed_of": number, "typed": prompt} if prompt else None,
    )


@require_POST
@signed_in
def section_again(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponseBase:
    """Make all clips of the section again that the clip of this number is in, as one clip."""
    video = get_video(request, pk)
    section, agreed = _clip(video, number).section, agreed_usd(request)
    return _answer(
        request, video, lambda: remaking.remake_section(video, section, agreed_usd=agreed)
    )


@require_POST
@signed_in
def take_choose(request: HttpRequest, pk: uuid.UUID, take_pk: uuid.UUID) -> HttpResponseBase:
    """Choose a take of its clip; the film shows it once it is joined again."""
    video = get_video(request, pk)
    clip = get_object_or_404(video.clips.select_related("video"), takes=take_pk)
    return _answer(request, video, lambda: drafts.change_clip(clip, chosen_take_id=take_pk))


@require_POST
@signed_in
def video_join(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Join the film again with the chosen takes."""
    video = get_video(request, pk)
    return _answer(request, video, lambda: pipeline.start_composition(video))


@require_POST
@signed_in
def video_again_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Stop what runs; clips and film stay as they are."""
    video = get_video(request, pk)
    return _answer(request, video, lambda: pipeline.cancel_video(video))


def _clip(video: Video, number: int) -> Clip:
    clips = video.clips.select_related("section", "chosen_still")
    return get_object_or_404(clips, clip_index=number - 1)


def _answer(
    request: HttpRequest,
    video: Video,
    act: Callable[[], object],
    *,
    typed: Mapping[str, object] | None = None,
) -> HttpResponseBase:
    """Do it, and show how it stands then; a refusal is shown with its sentence and what was typed."""
    try:
        act()
    except Problem as problem:
        if not is_fragment(request):
            return video_page(request, video, problem=problem, typed=typed)
        return _fragment(request, video, problem=problem, typed=typed)
    return _fragment(request, video) if is_fragment(request) else _back(video)


def _back(video: Video) -> HttpResponseBase:
    return redirect(f"{reverse('video', args=[video.pk])}#again")


def _fragment(
    request: HttpRequest,
    video: Video,
    *,
    problem: Problem | None = None,
    typed: Mapping[str, object] | None = None,
) -> HttpResponse:
    """The takes' part of the player, and beside it what the page asks for from now on."""
    video.refresh_from_db()
    context = {
        "video": video,
        "again": shown(video),
        "again_problem": problem,
        "watches_anew": True,
        "news_watch": news_watch(video),
    } | dict(typed or {})
    status = problem.status if problem else 200
    return render(request, "videos/_again.html", context, status=status)
