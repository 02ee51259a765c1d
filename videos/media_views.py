"""The files of a video over HTTP: film, poster, thumbnails, captions. Each checks its owner."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.gate import signed_in, user_of
from songs.lyrics import to_vtt
from vibecraft.ranged import is_beginning, ranged
from videos.models import Take, Video


@require_safe
@signed_in
def film(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The finished film, in ranges; `?download=1` offers it as a file of the video's name."""
    video = _video_with_film(request, pk)
    response = ranged(
        request,
        video.film_key,
        content_type="video/mp4",
        filename=f"{video.title}.mp4",
        download="download" in request.GET,
    )
    if "download" in request.GET and is_beginning(request, response):
        video.count_download()
    return response


@require_safe
@signed_in
def poster(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A still of the film."""
    video = _video_with_film(request, pk)
    return ranged(request, video.poster_key, content_type="image/jpeg")


def _video_with_film(request: HttpRequest, pk: uuid.UUID) -> Video:
    return get_object_or_404(Video.objects.for_user(user_of(request)).exclude(film_key=""), pk=pk)


@require_safe
@signed_in
def take_thumbnail(request: HttpRequest, pk: uuid.UUID, take_pk: uuid.UUID) -> HttpResponseBase:
    """A still of one take."""
    video = get_object_or_404(Video.objects.for_user(user_of(request)), pk=pk)
    takes = Take.objects.for_user(video.owner).filter(clip__video=video)
    take = get_object_or_404(takes, pk=take_pk)
    # It never changes: another attempt is another take with another address.
    return ranged(request, take.thumbnail_key, content_type="image/jpeg", keep=True)


@require_safe
@signed_in
def take_film(request: HttpRequest, pk: uuid.UUID, take_pk: uuid.UUID) -> HttpResponseBase:
    """One take, silent, in ranges."""
    video = get_object_or_404(Video.objects.for_user(user_of(request)), pk=pk)
    takes = Take.objects.for_user(video.owner).filter(clip__video=video).exclude(key="")
    take = get_object_or_404(takes, pk=take_pk)
    return ranged(request, take.key, content_type="video/mp4", keep=True)


@require_safe
@signed_in
def captions(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The lyrics of the song as WebVTT."""
    videos = Video.objects.for_user(user_of(request)).select_related("song")
    lines = get_object_or_404(videos, pk=pk).song.lines
    if not lines:
        raise Http404
    return HttpResponse(
        to_vtt(lines),
        content_type="text/vtt; charset=utf-8",
        headers={"Cache-Control": "private, no-cache"},
    )
