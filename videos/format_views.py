"""Other formats of a finished video, and the points around which its clips are cropped."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.gate import signed_in
from vibecraft.media.normalize import Focus
from vibecraft.problems import Problem
from videos import changing, format_showing, formats, reframing
from videos.models import Video
from videos.views import form_key, get_video, video_page


@require_POST
@signed_in
def video_formats(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Make this video in another format; the page of the new one shows how far it is."""
    video = get_video(request, pk)
    wished = request.POST.get("aspect_ratio", "")
    try:
        made = formats.make_format(video, wished, key=_key(request, video, wished))
    except Problem as problem:
        return video_page(request, video, problem=problem)
    return redirect("video", made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def video_focus(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Where each clip is cropped; a POST crops those whose point was moved, and joins the film."""
    video = get_video(request, pk)
    try:
        changing.check_film(video)
        if request.method == "POST":
            key = _key(request, video, _points(request.POST))
            reframing.change_focus(video, _wishes(video, request.POST), key=key)
            return redirect(f"{reverse('video', args=[video.pk])}#again")
    except Problem as problem:
        return _refused(request, video, problem)
    return render(request, "videos/focus.html", format_showing.focus_context(video))


def _key(request: HttpRequest, video: Video, asked: object) -> uuid.UUID | None:
    """The id of what is asked: a form that comes again with another wish asks for something else."""
    key = form_key(request)
    return uuid.uuid5(video.pk, f"{asked}{key}") if key else None


def _refused(request: HttpRequest, video: Video, problem: Problem) -> HttpResponse:
    if problem.code in ("film_not_ready", "video_is_final"):
        messages.error(request, problem.sentence)
        return redirect("video", video.pk)
    context = format_showing.focus_context(video, problem)
    return render(request, "videos/focus.html", context, status=problem.status)


def _points(form: QueryDict) -> dict[str, object]:
    """All points as they were sent."""
    return {name: value for name, value in form.items() if name.startswith(("x-", "y-"))}


def _wishes(video: Video, form: QueryDict) -> dict[uuid.UUID, Focus]:
    """The points that were sent in per cent; one that is as the page has shown it stays exact."""
    return dict(_wished(video, form))


def _wished(video: Video, form: QueryDict) -> Iterator[tuple[uuid.UUID, Focus]]:
    for crop in reframing.crops(video):
        number = crop.clip.clip_index + 1
        sent = tuple(form.get(f"{axis}-{number}", "") for axis in "xy")
        shown = tuple(f"{100 * at:.1f}" for at in crop.focus)
        if sent != shown and any(sent):
            yield crop.clip.pk, (_part(sent[0], number), _part(sent[1], number))


def _part(text: str, number: int) -> float:
    """Per cent as a part of the whole."""
    try:
        return float(text) / 100
    except ValueError as error:
        raise Problem("invalid", f"Say in numbers where clip {number} is cropped.") from error
