"""Keeping a finished film: sharing it, exporting it, its lyrics as files, making it final."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.gate import signed_in
from songs.lyric_files import send_lyrics
from vibecraft.problems import Problem
from vibecraft.texts import whole_number
from videos import export_requests, exporting, finalizing, sharing
from videos.exporting import send_export
from videos.models import Video
from videos.views import get_video, is_fragment
from videos.watched import news_watch


@require_POST
@signed_in
def video_share(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Switch the sharing on or off, as the button says."""
    video = get_video(request, pk)
    try:
        if request.POST.get("sharing") == "off":
            sharing.unshare(video)
        else:
            sharing.share(video)
    except Problem as problem:
        messages.error(request, problem.sentence)
        return redirect("video", video.pk)
    if not is_fragment(request):
        return redirect(f"{reverse('video', args=[video.pk])}#share")
    context = {"video": video, "share_url": sharing.share_url(video)}
    return render(request, "videos/_share.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def video_exports(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The exports there are; a POST asks for one."""
    video = get_video(request, pk)
    problem = _ask_for_export(request, video) if request.method == "POST" else None
    if not is_fragment(request):
        if problem:
            messages.error(request, problem.sentence)
        return redirect(f"{reverse('video', args=[video.pk])}#exports")
    context = exporting.exports_context(video) | {
        "export_problem": problem,
        "watches_anew": True,
        "news_watch": news_watch(video),
    }
    status = problem.status if problem else 200
    return render(request, "videos/_exports.html", context, status=status)


def _ask_for_export(request: HttpRequest, video: Video) -> Problem | None:
    try:
        export_requests.request_export(
            video,
            format=request.POST.get("format", ""),
            height=whole_number(request.POST.get("height", "")) or 0,
            lyrics=request.POST.get("lyrics", ""),
        )
    except Problem as problem:
        return problem
    return None


@require_safe
@signed_in
def export_file(request: HttpRequest, pk: uuid.UUID, eid: uuid.UUID) -> HttpResponseBase:
    """The file of an export; every download is counted."""
    video = get_video(request, pk)
    export = get_object_or_404(video.exports.select_related("video").exclude(key=""), pk=eid)
    return send_export(request, export)


@require_safe
@signed_in
def video_lyrics(request: HttpRequest, pk: uuid.UUID, ending: str) -> HttpResponseBase:
    """The lyrics as a file to keep: SRT, LRC, WebVTT or plain text."""
    video = get_video(request, pk)
    return send_lyrics(video.song, title=video.title, ending=ending)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def video_finalize(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A GET asks for the second time; a POST with the confirmation makes the video final."""
    video = get_video(request, pk)
    context: dict[str, Any] = {"nav": "library", "video": video, "problem": None}
    if request.method == "POST" and request.POST.get("confirm") == "yes":
        try:
            finalizing.finalize(video)
        except Problem as problem:
            messages.error(request, problem.sentence)
        else:
            messages.success(request, f"“{video.title}” is final.")
        return redirect("video", video.pk)
    if video.is_finalized or not video.has_film:
        return redirect("video", video.pk)
    context["remains"] = finalizing.what_goes(video)
    return render(request, "videos/finalize.html", context)
